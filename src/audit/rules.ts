// The rules of the audit as data: what each finding means, how grave it is, the level that an image can have at most with it,
// and what to do. docs/reference/rules.md and the rules of the SARIF output are made of it.
import type { Level } from "./levels.ts";

/** Changes whenever a rule, a level or a fingerprint changes what is found or decided; every verdict states it. */
export const ruleSetVersion = "2026.11.1";

/** Gravest first. */
export const severities = ["critical", "high", "medium", "low", "info"] as const;

export type Severity = (typeof severities)[number];

export interface Rule {
  /** What it finds, as a heading: "A shell". */
  readonly title: string;
  readonly severity: Severity;
  /** The level that an image with such a finding has at most; absent where it moves no level. */
  readonly atMost?: Level;
  /** Why it matters, in a sentence or two. */
  readonly why: string;
  /** What to do about it. */
  readonly fix: string;
  /** ATT&CK technique ids, beside those of a finding's primitives. */
  readonly techniques?: readonly string[];
}

export type RuleId =
  | "shell"
  | "multi-call"
  | "package-manager"
  | "shell-startup"
  | "foreign-interpreter"
  | "foreign-tool"
  | "unneeded-elf"
  | "unneeded-script"
  | "missing"
  | "no-start"
  | "root-user"
  | "root-group"
  | "named-user"
  | "unknown-user"
  | "no-user"
  | "setuid"
  | "file-capabilities"
  | "world-writable"
  | "device"
  | "package-manager-residue"
  | "secret"
  | "secret-in-lower-layer"
  | "secret-in-config"
  | "hidden-program"
  | "unread-content"
  | "unread-packages"
  | "embedded-elf"
  | "hostile-name"
  | "malformed-accounts"
  | "wrong-platform"
  | "missing-metadata"
  | "residue"
  | "dynamic-loader"
  | "runtime-interpreter"
  | "lower-layers"
  | "embedded-interpreter";

export const rules: Readonly<Record<RuleId, Rule>> = {
  shell: {
    title: "A shell",
    severity: "critical",
    atMost: "in-name-only",
    why: "Whoever can start a program in the container has a scripting language, whatever the file is called: its first argument is the caller's choice.",
    fix: "leave it out; what the start-up needs it for belongs into an init container",
    techniques: ["T1059.004"],
  },
  "multi-call": {
    title: "A multi-call binary",
    severity: "critical",
    atMost: "in-name-only",
    why: "One file is a whole userland, mostly with a shell and a download tool among its commands; renaming it or taking its execute bit protects nothing.",
    fix: "leave it out; copy what the program needs at run time and nothing else",
    techniques: ["T1059.004", "T1105"],
  },
  "package-manager": {
    title: "A package manager",
    severity: "critical",
    atMost: "in-name-only",
    why: "It brings any tool in that the image lacks.",
    fix: "build in another stage, and copy the results into an image without one",
    techniques: ["T1072", "T1105"],
  },
  "shell-startup": {
    title: "A start-up that needs a shell",
    severity: "critical",
    atMost: "in-name-only",
    why: "The entrypoint, command or healthcheck is a shell's command line or a shell script: the image can't do without a shell, or doesn't start.",
    fix: "name the program itself, as a list of arguments; move what the script prepares into an init container",
    techniques: ["T1059.004"],
  },
  "foreign-interpreter": {
    title: "An interpreter that the entrypoint does not need",
    severity: "high",
    atMost: "shell-less",
    why: "It runs any program that is given to it.",
    fix: "leave it out",
    techniques: ["T1059"],
  },
  "foreign-tool": {
    title: "A tool that the entrypoint does not need",
    severity: "high",
    atMost: "shell-less",
    why: "It starts programs, or moves files over the network, for whoever can call it.",
    fix: "leave it out",
  },
  "unneeded-elf": {
    title: "An ELF file that nothing needs",
    severity: "medium",
    atMost: "distroless",
    why: "No chain of reasons leads from the entrypoint to it: it is attack surface without a use.",
    fix: "leave it out, or declare in a policy why it is there",
  },
  "unneeded-script": {
    title: "A script that nothing needs",
    severity: "low",
    atMost: "distroless",
    why: "No chain of reasons leads from the entrypoint to it.",
    fix: "leave it out, or declare in a policy why it is there",
  },
  missing: {
    title: "Something that is needed is not there",
    severity: "medium",
    atMost: "distroless",
    why: "A kept program or library asks for it; the image may not start, and its closure can't be whole.",
    fix: "add it, or leave out what asks for it",
  },
  "no-start": {
    title: "Nothing to start",
    severity: "medium",
    atMost: "distroless",
    why: "The config names no program that is in the image, so no file can be explained from one.",
    fix: "set an entrypoint; for a folder or a base image give one with --entrypoint",
  },
  "root-user": {
    title: "The program runs as root",
    severity: "high",
    atMost: "distroless",
    why: "A flaw of the program gives the container's root, and what the kernel grants it.",
    fix: "set a numeric user other than 0, up to 2147483647",
    techniques: ["T1611"],
  },
  "root-group": {
    title: "The program runs in root's group",
    severity: "low",
    atMost: "distroless",
    why: "Files of root's group are mostly writable or readable for it.",
    fix: "give the user a group of its own: USER 65532:65532",
  },
  "named-user": {
    title: "The user is a name",
    severity: "low",
    atMost: "distroless",
    why: "Before it runs the container, an orchestrator can't tell that a name isn't root's (Kubernetes refuses it with runAsNonRoot).",
    fix: "write the user's number",
  },
  "unknown-user": {
    title: "The user is a name that the image doesn't know",
    severity: "medium",
    atMost: "distroless",
    why: "The container does not start.",
    fix: "write a number, or add the name to /etc/passwd",
  },
  "no-user": {
    title: "Nothing says who runs it",
    severity: "low",
    atMost: "distroless",
    why: "A folder or a plain archive has no config: whoever starts a program of it decides as whom, and that is root unless they say otherwise.",
    fix: "audit the image that is made of it, with a numeric user other than 0",
  },
  setuid: {
    title: "A setuid or setgid file",
    severity: "high",
    atMost: "distroless",
    why: "Whoever starts it gets its owner's rights.",
    fix: "take the bits away (chmod a-s) or leave the file out",
    techniques: ["T1548.001"],
  },
  "file-capabilities": {
    title: "A file with capabilities",
    severity: "high",
    atMost: "distroless",
    why: "Whoever starts it gets rights that root has.",
    fix: "remove the attribute security.capability, and give the capability to the container where it is needed",
    techniques: ["T1548"],
  },
  "world-writable": {
    title: "Anybody may write it",
    severity: "medium",
    atMost: "distroless",
    why: "A flaw of the program can leave files there, and change what others read.",
    fix: "chmod o-w; a folder for temporary files has the sticky bit (1777), or better, is a volume",
    techniques: ["T1222.002"],
  },
  device: {
    title: "A device file",
    severity: "medium",
    atMost: "distroless",
    why: "Engines make the few devices that a program needs; one in the image is a way to the host's hardware.",
    fix: "leave it out",
  },
  "package-manager-residue": {
    title: "Residue of a package manager",
    severity: "low",
    atMost: "distroless",
    why: "Its databases of scripts, keys, sources and caches serve no running program.",
    fix: "leave it out; /var/lib/dpkg/status.d tells scanners what is there",
  },
  secret: {
    title: "A secret",
    severity: "critical",
    atMost: "distroless",
    why: "Whoever has the image has it.",
    fix: "revoke it, then build without it: give it to the container when it starts, or to one build step as a secret mount",
    techniques: ["T1552.001", "T1552.004"],
  },
  "secret-in-lower-layer": {
    title: "A secret in a lower layer",
    severity: "critical",
    atMost: "distroless",
    why: "The merged tree doesn't show it any more, but the layer ships with the image: whoever has the image has it.",
    fix: "revoke it, then build without it: deleting a file in a later step doesn't take it out of an earlier one",
    techniques: ["T1552.001", "T1552.004"],
  },
  "secret-in-config": {
    title: "A secret in the config or its history",
    severity: "critical",
    atMost: "distroless",
    why: "Environment, labels, arguments and the history of the build ship with the image.",
    fix: "revoke it, then set it when the container starts; give secrets to build steps as secret mounts, not as ARG or ENV",
    techniques: ["T1552.007"],
  },
  "hidden-program": {
    title: "A program whose content is hidden",
    severity: "high",
    atMost: "in-name-only",
    why: "It is packed or encrypted, and unpacks itself when it runs: it can be anything, a shell too.",
    fix: "ship it unpacked",
    techniques: ["T1027.002"],
  },
  "unread-content": {
    title: "Content that can't be told",
    severity: "medium",
    atMost: "distroless",
    why: "It is corrupt, encrypted, or nested past what is followed; what can't be read can't be vouched for.",
    fix: "leave it out, or mend it",
  },
  "unread-packages": {
    title: "A package database that can't be read",
    severity: "medium",
    why: "Which packages the image has and which file is of which is not known: what scanners say of it lacks something. No level depends on it, since a database is what the image claims of itself.",
    fix: "mend the database, or leave it out",
  },
  "embedded-elf": {
    title: "A program inside another file",
    severity: "medium",
    atMost: "distroless",
    why: "Neither a file list nor a scanner shows it; one command carves it out.",
    fix: "leave it out",
    techniques: ["T1027.009"],
  },
  "hostile-name": {
    title: "A name that can deceive",
    severity: "low",
    why: "It holds control characters, bytes that are no UTF-8, or characters that reorder text: what a person or a script sees isn't what is there.",
    fix: "rename the file",
    techniques: ["T1036"],
  },
  "malformed-accounts": {
    title: "An account file that can't be read as one",
    severity: "low",
    why: "Who a user is depends on who reads the file.",
    fix: "mend the line",
  },
  "wrong-platform": {
    title: "A program of another platform",
    severity: "medium",
    why: "It does not run where the image says that it does.",
    fix: "build it for the image's platform, or leave it out",
  },
  "missing-metadata": {
    title: "Missing metadata",
    severity: "info",
    why: "Nobody can tell where the image comes from or what it is.",
    fix: "set the labels org.opencontainers.image.source, .revision and .licenses",
  },
  residue: {
    title: "Shipped, but deleted or replaced",
    severity: "info",
    why: "A lower layer holds files that the merged tree doesn't show: they are downloaded and stored with every copy of the image, and anybody can read them.",
    fix: "don't bring them in: build in another stage and copy the results",
  },
  "dynamic-loader": {
    title: "A dynamic loader",
    severity: "info",
    atMost: "truly-distroless",
    why: "It runs any ELF file, executable or not, that lies in the image or gets there.",
    fix: "link the program statically",
    techniques: ["T1218"],
  },
  "runtime-interpreter": {
    title: "The application's own interpreter",
    severity: "info",
    atMost: "truly-distroless",
    why: "The program needs it, and so does whoever breaks into the program: it can start programs and open connections.",
    fix: "compile to a program of its own, where the language can",
  },
  "lower-layers": {
    title: "Lower layers hold more than the container shows",
    severity: "info",
    atMost: "truly-distroless",
    why: "A sealed image is what it shows.",
    fix: "make the image of one layer, or of layers that replace nothing",
  },
  "embedded-interpreter": {
    title: "A library that holds an interpreter",
    severity: "info",
    why: "The program that loads it can run what is given to it.",
    fix: "know it; the entrypoint's closure needs it",
  },
};

/** All rules, in the order of their table. */
export const ruleIds: readonly RuleId[] = Object.keys(rules) as RuleId[];
