import { expect, test } from "vitest";
import { subjectOf } from "../../../testing/subjects.ts";
import { file } from "../../../testing/trees.ts";
import type { Facts } from "../../content/facts.ts";
import { hiddenFindings } from "./hidden.ts";

const evidence = [{ what: "w" }];

test.each<[string, Facts, string[]]>([
  ["nothing hidden", { magic: "elf" }, []],
  [
    "packed",
    { magic: "elf", hidden: { kind: "packed", why: "packed with UPX", evidence } },
    ["hidden-program in-name-only: packed with UPX"],
  ],
  ...(["corrupt", "encrypted", "limit"] as const).map((kind): [string, Facts, string[]] => [
    kind,
    { magic: "archive", hidden: { kind, why: `it is ${kind}`, evidence } },
    [`unread-content distroless: it is ${kind}`],
  ]),
  [
    "an ELF file inside",
    { magic: "data", embeddedElf: [70] },
    ["embedded-elf distroless: an ELF file inside it"],
  ],
  ["two", { magic: "data", embeddedElf: [70, 900] }, ["embedded-elf distroless: 2 ELF files inside it"]],
])("%s", (_, facts, expected) => {
  const subject = { ...subjectOf({ layers: [[file("/a", "x")]] }), facts: () => facts };
  expect(hiddenFindings(subject).map((one) => `${one.rule} ${one.atMost ?? "-"}: ${one.what}`)).toEqual(
    expected,
  );
});
