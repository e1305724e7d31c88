import { expect, test } from "vitest";
import { elf, factsOfEntry } from "../../testing/closures.ts";
import { file } from "../../testing/trees.ts";
import { limits } from "../base/limits.ts";
import type { Entry } from "../tree/entry.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { path } from "../tree/path.ts";
import { prepareSubject } from "./prepare.ts";
import type { Subject } from "./subject.ts";

const prepared = (entries: readonly Entry[]): Promise<Subject> =>
  prepareSubject(
    { tree: treeOf(entries), layers: [], facts: factsOfEntry },
    { config: undefined, architecture: "amd64", entrypoint: ["/app/p", "/opt/x"] },
  );
const program = { type: "executable", static: true, program: true } as const;

test("account files that are too large end no audit: they are unread", async () => {
  const large = Buffer.alloc(limits.settingsBytesMax + 1, "x\n");
  const subject = await prepared([
    elf("/app/p", program),
    file("/etc/passwd", large),
    file("/etc/group", "g"),
  ]);
  expect(subject.unread).toEqual(["/etc/passwd"]);
  expect([...subject.texts.keys()]).toEqual(["/etc/group"]);
});

test("the closure is the audit's: a word explains no program", async () => {
  const subject = await prepared([elf("/app/p", program), elf("/opt/x", program)]);
  expect(subject.closure.role(path("/app/p"))).toBe("entrypoint-runtime");
  expect(subject.closure.role(path("/opt/x"))).toBe("unproven");
});
