import { expect, test } from "vitest";
import { arOf, debOf } from "../../testing/builders.ts";
import { inMemory } from "../formats/random-access.ts";
import { debMembers } from "./deb.ts";

test.each(["none", "gzip", "zstd"] as const)("finds both archives of a .deb (%s)", (compression) => {
  const { control, data } = debMembers(inMemory(debOf({ compression })), "a package");
  expect(control.compression).toBe(compression);
  expect(data.compression).toBe(compression);
  expect(data.offset).toBeGreaterThan(control.offset + control.sizeBytes - 1);
});

const version = Buffer.from("2.0\n");
const nothing = Buffer.alloc(0);

test("skips members that a future format may add, and what follows data.tar", () => {
  const deb = arOf([
    ["debian-binary", version],
    ["_sig", nothing],
    ["control.tar", Buffer.alloc(1024)],
    ["data.tar", Buffer.alloc(1024)],
    ["extra", nothing],
  ]);
  expect(debMembers(inMemory(deb), "a package").data.compression).toBe("none");
});

test.each([
  { summary: "no ar", deb: Buffer.from("hello"), why: /ar magic/ },
  { summary: "no members", deb: arOf([]), why: /not debian-binary/ },
  {
    summary: "no data",
    deb: arOf([
      ["debian-binary", version],
      ["control.tar", nothing],
    ]),
    why: /not debian-binary/,
  },
  {
    summary: "another format",
    deb: arOf([
      ["debian-binary", Buffer.from("3.0\n")],
      ["control.tar", nothing],
      ["data.tar", nothing],
    ]),
    why: /format is "3.0"/,
  },
  {
    summary: "archives in the wrong order",
    deb: arOf([
      ["debian-binary", version],
      ["data.tar", nothing],
      ["control.tar", nothing],
    ]),
    why: /where control.tar is expected/,
  },
])("refuses $summary", ({ deb, why }) => {
  expect(() => debMembers(inMemory(deb), "a package")).toThrow(why);
});
