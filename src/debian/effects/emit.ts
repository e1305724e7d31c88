// How findings are written down: effects, commands without effect, and commands that are not understood.
import type { Extent } from "../../formats/shell/ast.ts";
import { isWithin, path, type TreePath } from "../../tree/path.ts";
import type { Content, EffectAction } from "./effect.ts";
import { type Made, type State, sourceAt, textOf } from "./state.ts";
import { contentOf, type Value } from "./value.ts";

/** Folders whose content no image keeps (the machine, package managers, documentation): what scripts do there is their own. */
const privateFolders: readonly TreePath[] = [
  "/tmp",
  "/var/tmp",
  "/dev",
  "/proc",
  "/sys",
  "/var/lib/dpkg",
  "/var/cache/debconf",
  "/var/lib/ucf",
  "/etc/apt",
  "/var/lib/apt",
  "/var/cache/apt",
  "/usr/share/man",
  "/usr/share/doc",
  "/usr/share/info",
].map(path);

export function isPrivate(of: TreePath): boolean {
  return privateFolders.some((folder) => isWithin(of, folder));
}

export function emit(state: State, extent: Extent, action: EffectAction): void {
  state.effects.push({
    action,
    guards: state.guards,
    source: sourceAt(state, extent.start),
    text: textOf(state, extent),
  });
}

export function noteUnknown(state: State, extent: Extent, why: string, hint?: string): void {
  state.unknown.push({
    source: sourceAt(state, extent.start),
    text: textOf(state, extent),
    why,
    hint: hint ?? hintFor(state.world.packageName),
  });
  state.status = undefined;
  state.statusWhy = why;
}

export function hintFor(packageName: string): string {
  return `if the image does not need it, declare it in distill.yaml: effects: {${packageName}: {ignore: "why"}}`;
}

export function noteInert(state: State, extent: Extent, why: string): void {
  const source = sourceAt(state, extent.start);
  const command = textOf(state, extent);
  const same = state.inert.some(
    (one) => one.source.line === source.line && one.source.file === source.file && one.command === command,
  );
  if (!same) state.inert.push({ source, command, why });
}

/** A path that the script made or changed, as its later commands see it. */
export function remember(state: State, of: TreePath, made: Made): void {
  state.files.set(of, made);
}

/** Writes a file: into the image, or only for the script itself. */
export function writeFile(
  state: State,
  extent: Extent,
  target: TreePath,
  value: Value,
  options: {
    readonly append?: boolean;
    readonly mode?: string;
    readonly user?: string;
    readonly group?: string;
    readonly preserve?: boolean;
  } = {},
): void {
  const append = options.append === true;
  const before = state.files.get(target);
  const whole = append && before?.kind === "file" ? joined(before.content, value) : value;
  remember(
    state,
    target,
    append && before === undefined ? { kind: "unknown" } : { kind: "file", content: whole },
  );
  if (isPrivate(target)) return;
  const content = contentOf(value);
  if (content === undefined) {
    const why = value.known ? "" : value.why;
    noteUnknown(state, extent, `it writes ${target}, and what it writes is not known: ${why}`);
    return;
  }
  emit(state, extent, fileAction(state, target, content, { ...options, append }));
}

function fileAction(
  state: State,
  target: TreePath,
  content: Content,
  options: {
    readonly append: boolean;
    readonly mode?: string;
    readonly user?: string;
    readonly group?: string;
    readonly preserve?: boolean;
  },
): EffectAction {
  const mode = options.mode ?? (options.preserve === true ? undefined : maskedMode(0o666, state.umask));
  return {
    kind: "file",
    path: target,
    content,
    append: options.append,
    preserve: options.preserve === true,
    ...(mode === undefined ? {} : { mode }),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.group === undefined ? {} : { group: options.group }),
  };
}

export function maskedMode(mode: number, umask: number): string {
  return (mode & ~umask).toString(8).padStart(4, "0");
}

function joined(before: Value, added: Value): Value {
  if (before.known && added.known) return { known: true, text: before.text + added.text };
  const parts = [contentOf(before), contentOf(added)];
  const why = "it was put together from several outputs";
  return parts.every((part) => part !== undefined)
    ? { known: false, why, content: { kind: "joined", parts } }
    : { known: false, why };
}
