// The parser against the shells themselves: what `dash -n` and `bash -n` accept parses, what they refuse doesn't.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Dialect } from "../../src/formats/shell/ast.ts";
import { dialectOf, parseShell } from "../../src/formats/shell/parse.ts";

const shells = { posix: "dash", bash: "bash" } as const;

function has(program: string): boolean {
  return spawnSync(program, ["-c", "true"]).status === 0;
}

const present = has("dash") && has("bash");
const absent = present ? "" : " (skipped: dash or bash is not installed)";

interface Found {
  readonly file: string;
  readonly text: string;
  readonly dialect: Dialect;
}

function scriptsOf(folder: string, wanted: (name: string) => boolean): Found[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const file = join(folder, name);
    if (!wanted(name)) return [];
    try {
      const text = readFileSync(file, "utf8");
      const dialect = text.startsWith("#!") ? dialectOf(text) : undefined;
      return dialect === undefined ? [] : [{ file, text, dialect }];
    } catch {
      return [];
    }
  });
}

/** Whether the shell takes the text. bash says some mistakes in `[[` without a status. */
function accepted(text: string, dialect: Dialect): boolean {
  const options = /shopt\s+-s\s+extglob/.test(text) && dialect === "bash" ? ["-O", "extglob", "-n"] : ["-n"];
  const run = spawnSync(shells[dialect], options, { input: text, encoding: "utf8" });
  return run.status === 0 && !/conditional binary operator|unexpected token/.test(run.stderr);
}

describe.skipIf(!present)(`shell grammar${absent}`, () => {
  const maintainer = scriptsOf("/var/lib/dpkg/info", (name) =>
    /\.(?:preinst|postinst|prerm|postrm|config)$/.test(name),
  );
  const programs = ["/usr/bin", "/usr/sbin"].flatMap((folder) => scriptsOf(folder, () => true));

  test.each([
    ["maintainer scripts", maintainer],
    ["programs", programs],
  ])("the machine's %s", (_, scripts) => {
    expect(scripts.length).toBeGreaterThan(0);
    const wrong = scripts.filter(
      ({ file, text, dialect }) =>
        (parseShell(text, { file }).value !== undefined) !== accepted(text, dialect),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test("pieces of them, damaged", () => {
    const tokens =
      "; && || | & ( ) { } fi then do done esac in if ' \" ` $( ${ $(( <<E ;; [[ ]] (( # \\ ! f()".split(" ");
    const scripts = [...maintainer, ...programs];
    let seed = 20_240_601;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 1;
      return seed % below;
    };
    const wrong: string[] = [];
    for (let round = 0; round < 600; round++) {
      const script = scripts[random(scripts.length)];
      if (script === undefined) continue;
      const lines = script.text.split("\n");
      const from = random(lines.length);
      const words = lines
        .slice(from, from + 1 + random(10))
        .join("\n")
        .split(/(\s+|[;()|&])/);
      for (let change = random(3); change > 0; change--) {
        words.splice(random(words.length), random(2), tokens[random(tokens.length)] ?? "");
      }
      const text = `${words.join("")}\n`;
      const parsed = parseShell(text, { file: "piece", dialect: script.dialect });
      // What stands between back quotes the shells read when they run it, and not before.
      if (parsed.diagnostics.some(({ message }) => message.includes("between back quotes"))) continue;
      if ((parsed.value !== undefined) !== accepted(text, script.dialect)) wrong.push(text);
    }
    // bash ends with success after some mistakes inside `[[`; a handful of pieces may hit that.
    expect(wrong.slice(0, 5)).toEqual([]);
  });
});
