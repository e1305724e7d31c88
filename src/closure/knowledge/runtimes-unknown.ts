// Runtimes and loaders that open code by name, and for which there is no rule: met in a closure, they are said aloud.
import { lazy } from "../../base/lazy.ts";
import { compileGlob } from "../../tree/glob.ts";
import type { TreePath } from "../../tree/path.ts";

/** Sonames or names of programs, with what they load. */
const loaders: readonly (readonly [name: string, what: string])[] = [
  ["R", "R packages"],
  ["libR.so", "R packages"],
  ["beam.smp", "Erlang modules"],
  ["dotnet", ".NET assemblies"],
  ["libcoreclr.so", ".NET assemblies"],
  ["libmono*", ".NET assemblies"],
  ["libguile-*", "Guile modules"],
  ["libjulia*", "Julia packages"],
  ["liblua*", "Lua modules"],
  ["lua5*", "Lua modules"],
  ["libluajit*", "Lua modules"],
  ["luajit*", "Lua modules"],
  ["libtcl8*", "Tcl packages"],
  ["tclsh*", "Tcl packages"],
  ["ocamlrun", "OCaml libraries"],
  ["libltdl.so.*", "modules, through libtool"],
  ["libQt5Core.so.*", "Qt plug-ins"],
  ["libQt6Core.so.*", "Qt plug-ins"],
  ["libgstreamer-*", "GStreamer plug-ins"],
  ["libpipewire-*", "PipeWire modules"],
];

const compiled = lazy(() => loaders.map(([name, what]) => ({ glob: compileGlob(name), what })));

/** What a program or library of this name loads by name, where no rule knows what that is. */
export function loadsUnknown(name: string): string | undefined {
  const path = `/${name}` as TreePath;
  return compiled().find(({ glob }) => glob.matches(path))?.what;
}
