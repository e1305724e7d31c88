import { expect, test } from "vitest";
import { subjectOf } from "../../../testing/subjects.ts";
import { file } from "../../../testing/trees.ts";
import type { Role } from "../../closure/closure.ts";
import type { Facts } from "../../content/facts.ts";
import { path } from "../../tree/path.ts";
import { hiddenFindings } from "./hidden.ts";

const evidence = [{ what: "w" }];
const jdk = {
  type: "deb",
  name: "jre",
  version: "17",
  depends: [],
  source: path("/var/lib/dpkg/status"),
} as const;

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

test.each<[string, Facts["container"], Role, string]>([
  ["a Java runtime's own modules", "jimage", "closure", "info -"],
  ["modules that nothing needs", "jimage", "foreign", "medium distroless"],
  ["modules that a package claims", "jimage", "package-data", "medium distroless"],
  ["a needed file of another kind", undefined, "closure", "medium distroless"],
])("an ELF file inside %s", (_, container, role, expected) => {
  const subject = subjectOf({ layers: [[file("/lib/modules", "x")]], packages: { "/lib/modules": jdk } });
  const closure = { ...subject.closure, role: () => role };
  const found = hiddenFindings({
    ...subject,
    closure,
    facts: () => ({ magic: "data", embeddedElf: [8], ...(container === undefined ? {} : { container }) }),
  });
  expect(found.map((one) => `${one.severity} ${one.atMost ?? "-"}`)).toEqual([expected]);
});

test("settings that are too large to be read are content that can't be told", () => {
  const subject = subjectOf({ layers: [[file("/etc/passwd", "x")]] });
  expect(
    hiddenFindings({ ...subject, unread: [path("/etc/passwd")] }).map((one) => `${one.rule} ${one.path}`),
  ).toEqual(["unread-content /etc/passwd"]);
});
