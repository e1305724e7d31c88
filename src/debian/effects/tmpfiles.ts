// tmpfiles.d(5): folders, files and links that a package declares. Only what makes or changes something at installation is
// an effect; ageing, and lines for the boot of a machine (`!`), aren't.

import type { Diagnostic } from "../../base/diagnostics.ts";
import { type TreePath, treePath } from "../../tree/path.ts";
import { splitConfigLine } from "./config-line.ts";
import type { EffectAction } from "./effect.ts";
import { type Declared, notUnderstood } from "./sysusers.ts";

/** The effects of one tmpfiles.d file. */
export function parseTmpfiles(text: string, file: string): Declared {
  const actions: EffectAction[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const fields = splitConfigLine(line);
    const [type] = fields;
    if (type === undefined) continue;
    const found = actionsOf(fields, argumentOf(line));
    if (found === undefined) diagnostics.push(notUnderstood(file, index + 1, line));
    else actions.push(...found);
  }
  return { actions, diagnostics };
}

/** The seventh field reaches to the end of the line, blanks included. */
function argumentOf(line: string): string | undefined {
  return /^\s*(?:(?:"(?:[^"\\]|\\.)*"|\S+)\s+){6}(.*?)\s*$/.exec(line)?.[1];
}

/** Specifiers with the same value everywhere (tmpfiles.d(5) "Specifiers"). */
const specifiers: Readonly<Record<string, string>> = {
  "%%": "%",
  "%t": "/run",
  "%S": "/var/lib",
  "%C": "/var/cache",
  "%L": "/var/log",
  "%T": "/tmp",
  "%V": "/var/tmp",
  "%h": "/root",
};

function expand(text: string): string | undefined {
  const expanded = text.replace(/%./g, (specifier) => specifiers[specifier] ?? "\0");
  return expanded.includes("\0") ? undefined : expanded;
}

function actionsOf(fields: readonly string[], argument: string | undefined): EffectAction[] | undefined {
  const [letters = "", name = "", mode = "-", user = "-", group = "-"] = fields;
  const type = letters.replace(/[-!=~^$+]/g, "");
  if (letters.includes("!") || "xXrReaAhHbc".includes(type)) return [];
  const expanded = expand(name);
  // Paths that name the machine or its boot are nothing that an image could hold.
  if (expanded === undefined) return [];
  const path = treePath(expanded);
  if (path === undefined || !expanded.startsWith("/")) return undefined;
  return placed(type, path, { mode, user, group }, argument, letters.includes("+"));
}

interface Ownership {
  readonly mode: string;
  readonly user: string;
  readonly group: string;
}

function placed(
  type: string,
  path: TreePath,
  ownership: Ownership,
  argument: string | undefined,
  replace: boolean,
): EffectAction[] | undefined {
  switch (type) {
    case "d":
    case "D":
    case "v":
    case "q":
    case "Q":
      return [{ kind: "directory", path, ...owner(ownership, "0755"), adjust: true }];
    case "f":
    case "F":
    case "w":
      return fileActions(type, path, ownership, argument, replace);
    case "L": {
      const target =
        argument === undefined || argument === "-" ? `/usr/share/factory${path}` : expand(argument);
      return target === undefined ? [] : [{ kind: "symlink", path, target, replace }];
    }
    case "z":
    case "Z":
    case "m":
      return [{ kind: "attributes", path, ...owner(ownership, undefined), recursive: type === "Z" }];
    case "C": {
      const from = treePath(
        argument === undefined || argument === "-" ? `/usr/share/factory${path}` : argument,
      );
      return from === undefined ? undefined : [{ kind: "copy-tree", from, to: path }];
    }
    case "p":
    case "t":
    case "T":
      return [];
    default:
      return undefined;
  }
}

function fileActions(
  type: string,
  path: TreePath,
  ownership: Ownership,
  argument: string | undefined,
  append: boolean,
): EffectAction[] {
  const text = expand(argument === undefined || argument === "-" ? "" : argument);
  if (type === "f" && (text === undefined || text === "")) {
    const wanted = owner(ownership, "0644");
    return [
      { kind: "touch", path },
      { kind: "attributes", path, ...wanted, recursive: false },
    ];
  }
  const content = { kind: "text", text: unescapeArgument(text ?? "") } as const;
  return [
    {
      kind: "file",
      path,
      content,
      ...owner(ownership, "0644"),
      append: append && type === "w",
      preserve: false,
    },
  ];
}

function unescapeArgument(text: string): string {
  return text.replace(/\\([nt\\])/g, (_, letter: string) =>
    letter === "n" ? "\n" : letter === "t" ? "\t" : "\\",
  );
}

function owner(
  { mode, user, group }: Ownership,
  defaultMode: string | undefined,
): { mode?: string; user?: string; group?: string } {
  const wanted = mode === "-" ? defaultMode : mode.replace(/^[~:]+/, "");
  return {
    ...(wanted === undefined ? {} : { mode: wanted }),
    ...(user === "-" ? {} : { user: user.replace(/^:/, "") }),
    ...(group === "-" ? {} : { group: group.replace(/^:/, "") }),
  };
}
