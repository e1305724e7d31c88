// The gates of `sealed` that programs of the closure decide: no loader, a static entrypoint. Interpreters are programs.ts's.
import { type TreePath, treePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Subject } from "../subject.ts";

export function sealFindings(subject: Subject): Finding[] {
  const loaders = new Map<TreePath, TreePath[]>();
  for (const path of subject.closure.reasons.keys()) {
    const entry = subject.tree.lookup(path);
    if (entry?.kind !== "file") continue;
    const interpreter = subject.facts(entry).elf?.interpreter;
    if (interpreter === undefined) continue;
    const loader = loaderOf(subject, interpreter, path);
    const users = loaders.get(loader);
    if (users === undefined) loaders.set(loader, [path]);
    else users.push(path);
  }
  return [...loaders].map(([path, users]) => {
    const [first] = users;
    const what = `the loader of ${first ?? "?"}${users.length > 1 ? ` and ${users.length - 1} more` : ""}`;
    return finding(subject, "dynamic-loader", {
      path,
      subject: "loader",
      what,
      evidence: [{ what: `PT_INTERP of ${first ?? "?"}`, check: "readelf -lW FILE" }],
      primitives: ["exec", "library-load"],
    });
  });
}

/** Where the loader really is, or the program's own path where it isn't there. */
function loaderOf({ tree }: Subject, interpreter: string, program: TreePath): TreePath {
  const named = treePath(interpreter);
  return (named === undefined ? undefined : resolve(tree, named)?.path) ?? program;
}
