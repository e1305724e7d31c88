import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contextsOf, namedValues } from "./values.ts";

test.each([
  [["A=1", "B="], { A: "1", B: "" }],
  [["A=1=2", "A=3"], { A: "3" }],
  [["HOME", "NONE"], { HOME: "/somewhere" }],
])("build arguments %j", (texts, expected) => {
  expect(Object.fromEntries(namedValues("build-arg", texts, { HOME: "/somewhere" }))).toEqual(expected);
});

test.each([
  [["=1"], undefined],
  [["x"], undefined],
  [[""], {}],
])("%j is refused", (texts, environment) => {
  expect(() => namedValues("label", texts, environment)).toThrow("takes NAME=VALUE");
});

test("named contexts by their form", async () => {
  const folder = await mkdtemp(join(tmpdir(), "contexts-"));
  try {
    const texts = [
      "base=docker-image://alpine:3.18",
      "repo=https://host.example/x.git#main:sub",
      "ssh=git@host.example:x/y",
      "tar=https://host.example/x.tar.gz",
      `Here=${folder}`,
    ];
    const { folders, named } = await contextsOf(texts, "/ctx", "/");
    expect(Object.fromEntries(named)).toEqual({
      base: { kind: "image", reference: "alpine:3.18" },
      repo: { kind: "git", url: "https://host.example/x.git#main:sub" },
      ssh: { kind: "git", url: "git@host.example:x/y" },
      tar: { kind: "http", url: "https://host.example/x.tar.gz" },
      here: { kind: "local", name: "here" },
    });
    expect(Object.fromEntries(folders)).toEqual({ context: "/ctx", here: folder });
    await expect(contextsOf(["x=none"], "/ctx", folder)).rejects.toThrow("none is no folder");
  } finally {
    await rm(folder, { recursive: true });
  }
});
