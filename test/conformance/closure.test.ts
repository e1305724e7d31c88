// The closure against the machine's own loader: for real programs, the same libraries, no more and no fewer.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { expect, test } from "vitest";
import { close } from "../../src/closure/close.ts";
import type { Closure } from "../../src/closure/closure.ts";
import { readSettings } from "../../src/closure/settings.ts";
import { path, type TreePath } from "../../src/tree/path.ts";
import { launch } from "../../testing/closures.ts";
import { hostFacts, hostTree } from "../../testing/host-tree.ts";

const programsMax = 120;
const loader = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"].find((one) => existsSync(one));

const tree = hostTree();
const facts = hostFacts();

const why = loader === undefined ? " (skipped: this machine has no glibc loader)" : "";

test.skipIf(loader === undefined)(
  `maps what the loader maps, for a hundred programs and more${why}`,
  async () => {
    const settings = await readSettings(tree);
    const programs = dynamicPrograms();
    expect(programs.length).toBeGreaterThanOrEqual(30);
    const differences = programs.flatMap((program) => {
      const input = { tree, facts, launch: launch({ entrypoint: [program] }), keep: [], drop: [], settings };
      const [ours, theirs] = [mapped(close(input), program), traced(program)];
      return ours.join() === theirs.join() ? [] : [{ program, ours, theirs }];
    });
    expect(differences).toEqual([]);
  },
);

/** What the closure says is mapped at start: all that interpreter and DT_NEEDED edges reach from the program. */
function mapped(closure: Closure, program: TreePath): string[] {
  const reached = new Set<string>([program]);
  for (let before = 0; before !== reached.size; ) {
    before = reached.size;
    for (const [to, reasons] of closure.reasons) {
      const isMapped = reasons.some(
        ({ kind, from, evidence }) =>
          (kind === "needed" || kind === "interpreter" || kind === "link") &&
          !evidence.endsWith("variant") &&
          !evidence.startsWith("on the way") &&
          reached.has(from),
      );
      if (isMapped) reached.add(to);
    }
  }
  const absent = closure.missing.filter((one) => reached.has(one.neededBy)).map((one) => one.what);
  const files = [...reached].filter((one) => tree.lookup(path(one))?.kind === "file" && one !== program);
  return [...files, ...absent].sort();
}

/** What the machine's loader would map, without starting the program. Libraries it can't find are named as needed. */
function traced(program: TreePath): string[] {
  const interpreter = loader ?? "";
  const lines = execFileSync(interpreter, ["--list", program], { encoding: "utf8" }).split("\n");
  const names = lines.map((line) => {
    const absent = /^\s*(\S+) => not found/.exec(line)?.[1];
    const found = /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1];
    return absent ?? (found === undefined ? undefined : realpathSync(found));
  });
  return [...new Set([realpathSync(interpreter), ...names.filter((one) => one !== undefined)])].sort();
}

/** Programs with this machine's loader, spread evenly over the folders that hold most kinds of them. */
function dynamicPrograms(): TreePath[] {
  const folders = ["/usr/bin", "/usr/sbin", "/usr/lib/git-core", ...jvmFolders()].filter((one) =>
    existsSync(one),
  );
  const all = folders
    .flatMap((folder) => readdirSync(folder).map((name) => path(`${folder}/${name}`)))
    .filter((one) => {
      const entry = tree.lookup(one);
      return entry?.kind === "file" && facts(entry).elf?.interpreter === loader;
    });
  const step = Math.max(1, Math.floor(all.length / programsMax));
  return all.filter((_, index) => index % step === 0);
}

function jvmFolders(): string[] {
  const home = "/usr/lib/jvm";
  return existsSync(home) ? readdirSync(home).map((name) => `${home}/${name}/bin`) : [];
}
