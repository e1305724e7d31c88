import { describe, expect, test } from "vitest";
import { digestOf } from "../base/digest.ts";
import { formatImageLock, parseImageLock } from "./image-lock.ts";

const alpine = {
  reference: "docker.io/library/alpine:3.18",
  platform: "linux/amd64",
  digest: digestOf("alpine"),
};
const golang = {
  reference: "docker.io/library/golang:1.21.5-alpine",
  platform: "linux/amd64",
  digest: digestOf("golang"),
};

test("what is written is what is read, sorted, each image once", () => {
  const text = formatImageLock([golang, alpine, golang]);
  expect(parseImageLock(text, "Dockerfile.lock")).toEqual({ value: [alpine, golang], diagnostics: [] });
  expect(text.split("\n")).toHaveLength(5);
});

test("an empty lock", () => {
  expect(parseImageLock(formatImageLock([]), "x").value).toEqual([]);
});

describe("is refused with what to do", () => {
  test.each([
    ["no JSON", "{"],
    ["another version", '{"lockVersion":2,"images":[]}'],
    ["no images", '{"lockVersion":1}'],
    ["a list", "[]"],
    ["null", "null"],
    ["an image without a digest", '{"lockVersion":1,"images":[{"reference":"a","platform":"b"}]}'],
    [
      "a digest that is none",
      '{"lockVersion":1,"images":[{"reference":"a","platform":"b","digest":"sha256:1"}]}',
    ],
  ])("%s", (_, text) => {
    const { diagnostics, value } = parseImageLock(text, "Dockerfile.lock");
    expect(value).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { rule: "wrong-image-lock", hint: expect.stringContaining("--lock") as unknown },
    ]);
  });
});
