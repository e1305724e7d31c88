// Where builders don't agree with the newest BuildKit, and why that is right. All else that differs fails a test.
import type { ImageDump } from "../../testing/dockerfiles/image-dump.ts";

export type BuilderName =
  | "docker 20.10"
  | "distill as root"
  | "distill as a user with sub-ids"
  | "distill as a user with one id";

export interface Difference {
  readonly builder: BuilderName;
  /** The case's name; absent: everywhere. */
  readonly name?: string;
  readonly reason: string;
  /** Takes what is known to differ out of both sides; absent where only one of the two makes an image. */
  readonly without?: (dump: ImageDump) => ImageDump;
}

/** Takes paths out of a tree. */
function withoutPaths(...paths: readonly string[]): (dump: ImageDump) => ImageDump {
  return (dump) => ({
    ...dump,
    tree: Object.fromEntries(Object.entries(dump.tree).filter(([path]) => !paths.includes(path))),
  });
}

function withLines(shortened: (line: string) => string): (dump: ImageDump) => ImageDump {
  return (dump) => ({
    ...dump,
    tree: Object.fromEntries(Object.entries(dump.tree).map(([path, line]) => [path, shortened(line)])),
  });
}

function withHistory(shortened: (step: string) => string): (dump: ImageDump) => ImageDump {
  return (dump) => ({ ...dump, history: dump.history.map(shortened) });
}

const docker: readonly Omit<Difference, "builder">[] = [
  {
    reason: "its history tells no flags of COPY and ADD",
    without: withHistory((step) => step.replace(/^(COPY|ADD)(?: --[a-z]+=\S+)+/, "$1")),
  },
  {
    reason: "its history tells arguments as they are written, not their values",
    without: withHistory((step) => (step.startsWith("(empty) ARG ") ? step.replaceAll(/=\S*/g, "") : step)),
  },
  {
    reason: "its history shows the values of EXPOSE and HEALTHCHECK as another version of Go prints them",
    without: withHistory((step) => step.replace(/^(\(empty\) (?:EXPOSE|HEALTHCHECK)) .*$/, "$1")),
  },
  {
    name: "inherited-config",
    reason: "its history tells an argument of a trigger twice",
    without: withHistory((step) => step.replace(/^RUN \|\d.* \/bin/, "RUN /bin")),
  },
  {
    name: "onbuild-in-stage",
    reason: "a stage does not have the arguments of its base's triggers",
    without: withHistory((step) => step.replace(/^RUN \|\d.* \/bin/, "RUN /bin")),
  },
  ...Object.entries({
    "mount-bind": ["/context", "/made", "/mnt", "/relative"],
    "mount-cache": ["/cache", "/deep", "/deep/er", "/deep/er/cache", "/elsewhere"],
    "mount-over-image": ["/new", "/new/folder"],
    "mount-secret": ["/run", "/run/secrets", "/somewhere"],
    "mount-several": ["/a"],
    "mount-ssh": ["/run", "/run/buildkit"],
    "mount-tmpfs": ["/t"],
    "run-scratch-folders": ["/etc", "/mnt", "/only", "/only/while", "/only/while/running"],
  }).map(([name, paths]) => ({
    name,
    reason: "it leaves the folders that it mounted something on",
    without: withoutPaths(...paths),
  })),
  ...Object.entries({
    "run-environment": ["/tmp/env", "/tmp/group", "/tmp/unknown"],
    "user-forms": Array.from({ length: 8 }, (_, index) => `/out/${index + 1}`),
  }).map(([name, paths]) => ({
    name,
    reason: "a step's process isn't in its own group a second time",
    without: withoutPaths(...paths),
  })),
  {
    name: "copy-chmod",
    reason: "--chmod loses setuid, and leaves folders as they are",
    without: withoutPaths("/b", "/tree"),
  },
  {
    name: "copy-special",
    reason: "no fifo and no device comes with a context",
    without: withoutPaths("/special/fifo", "/special/null"),
  },
  { name: "refused-copy-bad-mode", reason: "it does not look at --chmod of what it can't read" },
];

const ours: readonly Omit<Difference, "builder">[] = [
  {
    name: "add-archive-kinds",
    reason: "an archive's attributes are kept, not only those that make a program privileged",
    without: withoutPaths("/kinds/labelled"),
  },
  ...["add-git", "add-git-checksum", "add-git-kept"].map((name) => ({
    name,
    reason: "files of a repository are dated by their commit, so that they are the same in every build",
    without: withLines((line) => line.replace(/ 2024-01-02T03:04:05Z$/, "")),
  })),
  {
    name: "copy-unknown-owner",
    reason: "a name that the image has no account of is a mistake, as Docker's reference has it",
  },
  {
    name: "copy-heredoc",
    reason: "what is written in the Dockerfile is dated to the epoch, so that it is the same in every build",
    without: withLines((line) => line.replace(/ 1970-01-01T00:00:00Z$/, "")),
  },
  {
    name: "run-privileges",
    reason: "steps share the machine's network, where they have no raw sockets (CAP_NET_RAW)",
    without: withLines((line) => line.replaceAll("a80425fb", "a80405fb")),
  },
  {
    name: "source-date-epoch",
    reason: "SOURCE_DATE_EPOCH is of all times, without an option of the output",
    without: withLines((line) => line.replace(/ \d{4}-\d\d-\d\dT\S+Z$/, "")),
  },
];

const ordinary: readonly Omit<Difference, "builder">[] = [
  { name: "copy-unreadable", reason: "an ordinary user reads no file of mode 0000" },
  { name: "run-devices", reason: "the kernel lets nobody make devices in a user namespace" },
];

const oneId: readonly Omit<Difference, "builder">[] = [
  ...[...["copy-folder-over-folder", "mount-cache", "run-attributes", "run-special", "workdir-forms"]].map(
    (name) => ({ name, reason: "where there is one id, no step can give a file to another user" }),
  ),
  ...Object.entries({
    "mount-secret": ["/2"],
    "mount-ssh": ["/2"],
    "run-environment": ["/tmp/env", "/tmp/group", "/tmp/unknown"],
    "run-privileges": ["/tmp/user-may"],
    "user-forms": Array.from({ length: 8 }, (_, index) => `/out/${index + 1}`),
    "workdir-owner": ["/tmp/owner"],
  }).map(([name, paths]) => ({
    name,
    reason: "where there is one id, all that a step makes is root's, and it has no groups",
    without: withoutPaths(...paths),
  })),
];

export const differences: readonly Difference[] = [
  ...docker.map((one): Difference => ({ builder: "docker 20.10", ...one })),
  ...ours.map((one): Difference => ({ builder: "distill as root", ...one })),
  ...[...ours, ...ordinary].map((one): Difference => ({ builder: "distill as a user with sub-ids", ...one })),
  ...[...ours, ...ordinary, ...oneId].map(
    (one): Difference => ({ builder: "distill as a user with one id", ...one }),
  ),
];

/** The differences that are accepted of a builder for a case. */
export function differencesOf(builder: BuilderName, name: string): readonly Difference[] {
  return differences.filter(
    (one) => one.builder === builder && (one.name === undefined || one.name === name),
  );
}
