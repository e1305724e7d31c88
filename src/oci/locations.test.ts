import { describe, expect, test } from "vitest";
import { type Location, parseLocation } from "./locations.ts";

describe("parseLocation", () => {
  const cases: readonly { readonly text: string; readonly expected: Location }[] = [
    { text: "oci:out", expected: { kind: "oci-layout", path: "out" } },
    { text: "oci:/tmp/out:1.0", expected: { kind: "oci-layout", path: "/tmp/out", tag: "1.0" } },
    {
      text: "oci:out:localhost:5000/a/b:1",
      expected: { kind: "oci-layout", path: "out", tag: "localhost:5000/a/b:1" },
    },
    { text: "oci-archive:a.tar", expected: { kind: "oci-archive", path: "a.tar" } },
    { text: "oci-archive:a.tar:v1", expected: { kind: "oci-archive", path: "a.tar", tag: "v1" } },
    { text: "docker-archive:a.tar", expected: { kind: "docker-archive", path: "a.tar" } },
    {
      text: "docker-archive:a.tar:localhost:5000/app:1",
      expected: { kind: "docker-archive", path: "a.tar", reference: "localhost:5000/app:1" },
    },
    { text: "dir:/root:fs", expected: { kind: "folder", path: "/root:fs" } },
    { text: "tar:x.tar", expected: { kind: "tar", path: "x.tar" } },
    { text: "docker-daemon:app:1", expected: { kind: "docker-daemon", reference: "app:1" } },
    { text: "docker://example.test/a", expected: { kind: "registry", reference: "example.test/a" } },
    { text: "docker:24-dind", expected: { kind: "bare", text: "docker:24-dind" } },
    { text: "postgres:16", expected: { kind: "bare", text: "postgres:16" } },
    { text: "localhost:5000/oci:1", expected: { kind: "bare", text: "localhost:5000/oci:1" } },
    { text: "./oci:x", expected: { kind: "bare", text: "./oci:x" } },
  ];
  test.each(cases)("$text", ({ text, expected }) => {
    expect(parseLocation(text)).toEqual(expected);
  });

  const wrong = [
    { text: "", why: "it is empty" },
    { text: "oci:", why: 'nothing follows "oci:"' },
    { text: "oci::1", why: "the path is empty" },
    { text: "oci:a:", why: "nothing follows the last colon" },
    { text: "oci:a:-b", why: '"-b" can\'t be a tag' },
    { text: "oci-archive:a.tar:b c", why: '"b c" can\'t be a tag' },
    { text: "docker-daemon:", why: 'nothing follows "docker-daemon:"' },
  ];
  test.each(wrong)("refuses $text", ({ text, why }) => {
    expect(() => parseLocation(text)).toThrow(expect.objectContaining({ code: "usage", why }));
  });
});
