import { expect, test } from "vitest";
import { renderScripts, type ScriptRow } from "./scripts.ts";

const source = { file: "postinst of b:amd64", line: 7 };
const rows: ScriptRow[] = [
  {
    package: "a:amd64",
    verdict: "inert",
    effects: [],
    unknown: [],
    inert: [{ command: "true", why: "it does nothing", source }],
  },
  {
    package: "b:amd64",
    verdict: "unknown",
    effects: [{ action: { kind: "user" } }, { action: { kind: "user" } }, { action: { kind: "touch" } }],
    unknown: [{ source, text: "setup-b", why: "what setup-b does is not modelled", hint: "declare it" }],
    inert: [],
  },
  { package: "c:all", verdict: "none", effects: [], unknown: [], inert: [] },
];

test("open questions come first, packages without scripts are only counted", () => {
  expect(renderScripts(rows, { verbose: false })).toBe(`PACKAGE  VERDICT   EFFECTS
b:amd64  unknown   user x2, touch
    postinst of b:amd64:7: setup-b
        what setup-b does is not modelled
        hint: declare it
a:amd64  inert

3 packages: 1 unknown, 0 declared, 0 modelled, 1 inert, 1 none
`);
});

test("verbose: commands without effect and their reasons too", () => {
  const text = renderScripts(rows, { verbose: true });
  expect(text).toContain("true  (no effect: it does nothing)");
  expect(text).toContain("c:all    none");
});
