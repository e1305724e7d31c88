import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "./redact.ts";

describe("what is always removed", () => {
  test.each([
    ["https://me:pw@host.example/path", "https://***@host.example/path"],
    ["https://token@host.example", "https://***@host.example"],
    ["git+ssh://me:p%40w@host.example/x", "git+ssh://***@host.example/x"],
    ["two: http://a:b@c http://d:e@f", "two: http://***@c http://***@f"],
    ["a password with @: https://me:p@w@host.example", "a password with @: https://***@host.example"],
    ["Authorization: Bearer eyJ.a.b", "Authorization: Bearer ***"],
    ['{"authorization":"Basic bWU6cHc="}', '{"authorization":"Basic ***"}'],
    ["Proxy-Authorization: basic bWU6cHc=", "Proxy-Authorization: basic ***"],
    ["https://h/x?token=abc&scope=pull", "https://h/x?token=***&scope=pull"],
    ["https://h/x?X-Amz-Signature=abc", "https://h/x?X-Amz-Signature=***"],
    ["https://h/x?access_token=abc", "https://h/x?access_token=***"],
  ])("%s", (text, expected) => {
    expect(createRedactor().clean(text)).toBe(expected);
  });
});

describe("what stays", () => {
  test.each([
    "https://host.example/a@sha256:abc",
    "mail me@host.example",
    "registry.example/app@sha256:0123",
    "https://host.example/path?scope=repository:app:pull",
    "the token server",
    "Authorization failed",
  ])("%s", (text) => {
    expect(createRedactor().clean(text)).toBe(text);
  });
});

test.each([
  ["schemes", "a."],
  ["URLs", "a://"],
  ["users", "a://u:"],
  ["headers", "authorization "],
  ["spaces", "authorization:".padEnd(100)],
  ["queries", "&token"],
])("the work grows with the text, not with its square: %s", (_, part) => {
  const redactor = createRedactor();
  redactor.clean(part.repeat(100_000 / part.length));
});

test("a secret that was named never comes out, however it is spelt", () => {
  const secret = fc.string({ minLength: 6, maxLength: 40, unit: "grapheme" });
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (word, before, after) => {
      const redactor = createRedactor();
      redactor.hide(word);
      const spellings = [word, JSON.stringify(word).slice(1, -1), Buffer.from(word).toString("base64")];
      return spellings.every((one) => !redactor.clean(`${before} ${one} ${after}`).includes(` ${one} `));
    }),
  );
});

test("a secret within another one", () => {
  const redactor = createRedactor();
  redactor.hide("secret");
  redactor.hide("secret-and-more");
  expect(redactor.clean("secret-and-more, secret")).toBe("***, ***");
});

test("the lines of a key are removed one by one", () => {
  const redactor = createRedactor();
  redactor.hide("first line\nsecond line\n");
  expect(redactor.clean("> second line <")).toBe("> *** <");
});

test("too short to be a secret", () => {
  const redactor = createRedactor();
  redactor.hide("a");
  expect(redactor.clean("a banana")).toBe("a banana");
});
