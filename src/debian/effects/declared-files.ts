// The declarative files that a package ships: sysusers.d(5) and tmpfiles.d(5). They are applied for every package of an image,
// whether or not the programs that would read them are there.
import { baseName, parentOf, type TreePath } from "../../tree/path.ts";
import { nameOf, type PackageControl } from "../package.ts";
import type { Effect, EffectSource, EffectsContext, UnknownEffect } from "./effect.ts";
import { hintFor } from "./emit.ts";
import { type Declared, parseSysusers } from "./sysusers.ts";
import { parseTmpfiles } from "./tmpfiles.ts";

export interface DeclaredEffects {
  /** Accounts: there before the package's scripts run. */
  readonly accounts: readonly Effect[];
  /** Folders and files: made after them. */
  readonly files: readonly Effect[];
  readonly unknown: readonly UnknownEffect[];
  /** The files themselves; where the context has no text for one yet, its effects are missing here. */
  readonly reads: readonly TreePath[];
}

type Folder = "sysusers.d" | "tmpfiles.d";

const parsers: Readonly<Record<Folder, (text: string, file: string) => Declared>> = {
  "sysusers.d": parseSysusers,
  "tmpfiles.d": parseTmpfiles,
};

/** What the package's declarative files say. */
export function declaredEffects(control: PackageControl, context: EffectsContext): DeclaredEffects {
  const reads: TreePath[] = [];
  const unknown: UnknownEffect[] = [];
  const from = (folder: Folder): Effect[] =>
    filesOf(control, folder).flatMap((path) => {
      reads.push(path);
      const text = context.read(path);
      if (text === undefined) return [];
      const { actions, diagnostics } = parsers[folder](text, path);
      const source = (line: number): EffectSource => ({
        package: control.id,
        script: folder,
        file: path,
        line,
      });
      for (const { message, span } of diagnostics) {
        const hint = hintFor(nameOf(control.id));
        unknown.push({ source: source(span?.line ?? 1), text: baseName(path), why: message, hint });
      }
      return actions.map((action) => ({ action, when: [], source: source(1) }));
    });
  return { accounts: from("sysusers.d"), files: from("tmpfiles.d"), unknown, reads };
}

function filesOf(control: PackageControl, folder: Folder): TreePath[] {
  return control.paths.filter(
    (path) => parentOf(path) === `/usr/lib/${folder}` && baseName(path).endsWith(".conf"),
  );
}
