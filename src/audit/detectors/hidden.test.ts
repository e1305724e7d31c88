import { expect, test } from "vitest";
import { elf } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { file } from "../../../testing/trees.ts";
import type { Facts } from "../../content/facts.ts";
import { path } from "../../tree/path.ts";
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

test("what a needed runtime carries in its own container moves no level", () => {
  const jdk = {
    type: "deb",
    name: "jre",
    version: "17",
    depends: [],
    source: path("/var/lib/dpkg/status"),
  } as const;
  const of = (at: string): string[] => {
    const start = elf("/app/p", { static: true, type: "executable", program: true });
    const subject = subjectOf({
      layers: [[start, file("/lib/modules", "x"), file("/other", "x")]],
      packages: { "/lib/modules": jdk },
      keep: [{ glob: "/lib/modules", source: "what starts" }],
    });
    const facts: Facts = { magic: "data", embeddedElf: [8] };
    const found = hiddenFindings({
      ...subject,
      facts: (one) => (one.path === at ? facts : { magic: "text" }),
    });
    return found.map((one) => `${one.severity} ${one.atMost ?? "-"}`);
  };
  expect(of("/lib/modules")).toEqual(["info -"]);
  expect(of("/other")).toEqual(["medium distroless"]);
});
