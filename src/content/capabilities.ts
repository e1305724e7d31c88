// What a program or library asks of the system by itself: functions that it imports, or, for Go, packages that are linked in.
// Static programs of other languages don't tell.
import type { ElfImage } from "../formats/elf-image.ts";
import { type DynamicSymbols, importsAmong, wantedNames } from "../formats/elf-symbols.ts";
import type { Capability } from "./identity.ts";

/** Functions of libc by what they are for. */
const functions: readonly (readonly [Capability, readonly string[]])[] = [
  [
    "exec",
    [
      ...["execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve", "execveat"],
      ...["posix_spawn", "posix_spawnp", "system", "popen"],
    ],
  ],
  ["connect", ["connect"]],
  ["listen", ["listen", "accept", "accept4"]],
  ["load", ["dlopen", "dlmopen"]],
];

const capabilityOf: ReadonlyMap<string, Capability> = new Map(
  functions.flatMap(([capability, names]) => names.map((name) => [name, capability] as const)),
);
const wanted = wantedNames([...capabilityOf.keys()]);

/** Names of functions as they are in a Go program's table, which holds those that were linked in. */
export const goFunctions: readonly (readonly [Capability, string])[] = [
  ["exec", "os/exec.(*Cmd).Start"],
  ["exec", "syscall.forkExec"],
  ["connect", "net.(*Dialer).DialContext"],
  ["listen", "net.(*ListenConfig).Listen"],
  ["load", "plugin.Open"],
];

/** In the order of Capability's members; `isLinked` says whether a Go program has a function. */
export function capabilitiesOf(
  image: ElfImage,
  symbols: DynamicSymbols | undefined,
  isLinked: (goFunction: string) => boolean,
): readonly Capability[] {
  const found = new Set<Capability>();
  if (symbols !== undefined) {
    for (const name of importsAmong(image, symbols, wanted)) {
      const capability = capabilityOf.get(name);
      if (capability !== undefined) found.add(capability);
    }
  }
  for (const [capability, goFunction] of goFunctions) {
    if (isLinked(goFunction)) found.add(capability);
  }
  return functions.flatMap(([capability]) => (found.has(capability) ? [capability] : []));
}
