// What package managers leave in a layer: lists and downloads that nothing needs once a step is done.
import type { Instruction } from "../ast.ts";

interface Manager {
  readonly name: string;
  /** Beginnings of commands that leave something. */
  readonly commands: readonly string[];
  /** Any of these in the same step, and nothing is left. */
  readonly cleanings: readonly string[];
  /** Folders that a cache mount may stand in for. */
  readonly folders: readonly string[];
  readonly hint: string;
}

const managers: readonly Manager[] = [
  {
    name: "apt",
    commands: ["apt-get update", "apt update"],
    cleanings: ["rm -rf /var/lib/apt/lists", "rm -r /var/lib/apt/lists", "rm -fr /var/lib/apt/lists"],
    folders: ["/var/lib/apt"],
    hint: "end the step with rm -rf /var/lib/apt/lists/*, or mount a cache there",
  },
  {
    name: "apk",
    commands: ["apk add", "apk update"],
    cleanings: ["--no-cache", "rm -rf /var/cache/apk", "rm -r /var/cache/apk", "rm -fr /var/cache/apk"],
    folders: ["/var/cache/apk", "/etc/apk/cache"],
    hint: "use apk add --no-cache",
  },
  {
    name: "dnf",
    commands: ["dnf install", "dnf -y install", "yum install", "yum -y install", "microdnf install"],
    cleanings: ["clean all", "rm -rf /var/cache/dnf", "rm -rf /var/cache/yum"],
    folders: ["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"],
    hint: "end the step with dnf clean all, or mount a cache on /var/cache/dnf",
  },
  {
    name: "pip",
    commands: ["pip install", "pip3 install"],
    cleanings: ["--no-cache-dir", "PIP_NO_CACHE_DIR", "pip cache purge"],
    folders: ["/root/.cache"],
    hint: "use pip install --no-cache-dir, or mount a cache on /root/.cache/pip",
  },
];

/** The manager whose files a RUN leaves, if any. */
export function leavesPackageCache(
  instruction: Instruction,
): { readonly name: string; readonly hint: string } | undefined {
  const text = [instruction.original, ...instruction.heredocs.map(({ content }) => content)]
    .join("\n")
    .replace(/[ \t]+/g, " ");
  const mounts = instruction.flags.flatMap(({ name, value }) =>
    name === "mount" && value?.includes("type=cache") === true ? [value] : [],
  );
  return managers.find(
    ({ cleanings, commands, folders }) =>
      commands.some((command) => text.includes(command)) &&
      !cleanings.some((cleaning) => text.includes(cleaning)) &&
      !mounts.some((mount) => folders.some((folder) => mount.includes(`=${folder}`))),
  );
}
