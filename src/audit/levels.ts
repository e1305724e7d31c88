// The levels as data: what each one means, worst first. A rule (rules.ts) says how good an image can be at most where it finds
// something; the level is the worst of these. A score never lifts a gate.

export const levels = [
  "distro",
  "slim",
  "in-name-only",
  "shell-less",
  "distroless",
  "truly-distroless",
  "sealed",
] as const;

export type Level = (typeof levels)[number];

/** For each level what puts an image there, or, for the last two, what it takes. docs/reference/levels.md is made of it. */
export const levelCriteria: Readonly<Record<Level, string>> = {
  distro: "a shell and a working package manager, where the image's PATH or a folder for programs has them",
  slim: "a shell and a general userland (10 programs of coreutils' kind, or a multi-call binary), both usable as such; no package manager",
  "in-name-only":
    "a shell, a multi-call binary or a package manager anywhere else - renamed, not executable, statically linked, in an archive, at the end of another file - or a start-up that needs a shell",
  "shell-less":
    "none of those, but an interpreter, or a tool that starts programs, downloads or uploads, that the entrypoint does not need",
  distroless:
    "no shell, no package manager, no interpreter or tool that isn't needed, but a program or library that nothing needs, setuid or file capabilities, a root user, what anybody may write, or a package manager's residue",
  "truly-distroless":
    "every ELF file and script explained from the entrypoint; a numeric user other than root; no setuid, no capabilities; nothing world-writable but sticky folders for temporary files; no secret in any layer; nothing unknown",
  sealed:
    "that, with a static entrypoint, no loader, no interpreter, and nothing in lower layers that a running container doesn't see",
};

/** Negative where `a` is worse than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return levels.indexOf(a) - levels.indexOf(b);
}

/** The worse of both. */
export function worseLevel(a: Level, b: Level): Level {
  return compareLevels(a, b) <= 0 ? a : b;
}

/** The level above; undefined for the best. */
export function nextLevel(level: Level): Level | undefined {
  return levels[levels.indexOf(level) + 1];
}

export function isLevel(text: string): text is Level {
  return (levels as readonly string[]).includes(text);
}
