import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ToolError } from "../base/errors.ts";
import { formatReference, isLoopback, parseReference } from "./reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("names", () => {
  const names: readonly (readonly [string, string, boolean])[] = [
    ["debian", "docker.io/library/debian:latest", false],
    ["debian:12", "docker.io/library/debian:12", false],
    ["team/app", "docker.io/team/app:latest", false],
    ["docker.io/debian", "docker.io/library/debian:latest", true],
    ["index.docker.io/team/app:1", "docker.io/team/app:1", true],
    ["localhost/app", "localhost/app:latest", true],
    ["localhost:5000/app", "localhost:5000/app:latest", true],
    ["localhost:5000", "docker.io/library/localhost:5000", false],
    ["127.0.0.1:5000/a/b/c:v1.2", "127.0.0.1:5000/a/b/c:v1.2", true],
    ["[::1]:5000/app", "[::1]:5000/app:latest", true],
    ["[fe80::1]/app", "[fe80::1]/app:latest", true],
    ["registry.example.test/app", "registry.example.test/app:latest", true],
    ["HOST/app", "HOST/app:latest", true],
    [`app@${digest}`, `docker.io/library/app@${digest}`, false],
    [`app:1@${digest}`, `docker.io/library/app:1@${digest}`, false],
    ["a__b/c--d/e.f_g", "docker.io/a__b/c--d/e.f_g:latest", false],
    [`app:${"t".repeat(128)}`, `docker.io/library/app:${"t".repeat(128)}`, false],
  ];
  test.each(names)("%s is %s", (text, full, qualified) => {
    const reference = parseReference(text);
    expect(formatReference(reference)).toBe(full);
    expect(reference.qualified).toBe(qualified);
    expect(formatReference(parseReference(full))).toBe(full);
  });
});

describe("what is no name", () => {
  const mistakes: readonly (readonly [string, string])[] = [
    ["", "it is empty"],
    ["https://example.test/app", "has no scheme"],
    ["App", '"App" has capital letters'],
    ["example.test/Team/app", '"Team" has capital letters'],
    ["team//app", "empty part"],
    ["team/app/", "empty part"],
    ["/app", "empty part"],
    ["example.test/", "no name after the host"],
    ["-app", '"-app" is not lower-case'],
    ["a___b", '"a___b" is not lower-case'],
    ["../etc/passwd", '".." is not a host name'],
    ["a/../b", '".." is not lower-case'],
    ["app?x", '"app?x" is not lower-case'],
    ["app:", 'the tag ""'],
    ["app:-1", 'the tag "-1"'],
    [`app:${"t".repeat(129)}`, "is not 1 to 128"],
    ["app@sha256:abc", 'the digest "sha256:abc"'],
    ["app@md5:d41d8cd98f00b204e9800998ecf8427e", "the digest"],
    ["app@", 'the digest ""'],
    [`app@${digest}@${digest}`, "the digest"],
    ["localhost:0/app", 'the port "0"'],
    ["localhost:99999/app", 'the port "99999"'],
    ["localhost:http/app", 'the port "http"'],
    ["-x.test/app", '"-x.test" is not a host name'],
    ["user@example.test/app", "the digest"],
    ["a".repeat(64), "an image's id"],
    [`example.test/${"a".repeat(250)}`, "longer than 255"],
    ["ex ample.test/app", "is not a host name"],
    ["app\n", "is not lower-case"],
  ];
  test.each(mistakes)("%j: %s", (text, why) => {
    let thrown: unknown;
    try {
      parseReference(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ToolError);
    expect(thrown).toMatchObject({ code: "usage", why: expect.stringContaining(why) as string });
    expect((thrown as ToolError).hint).toBeTruthy();
  });

  test("any text either has one spelling or is refused with a reason", () => {
    const pieces = fc.constantFrom(
      "a",
      "b1",
      "-",
      "_",
      ".",
      "/",
      ":",
      "@",
      "[",
      "]",
      "localhost",
      "5000",
      digest,
      "A",
      " ",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 9 }), (parts) => {
        try {
          const full = formatReference(parseReference(parts.join("")));
          expect(formatReference(parseReference(full))).toBe(full);
          expect(() => new URL(`https://${full.split("@")[0] ?? ""}`)).not.toThrow();
        } catch (thrown) {
          if (!(thrown instanceof ToolError)) throw thrown;
          expect(thrown.code).toBe("usage");
        }
      }),
    );
  });
});

test.each([
  ["localhost", true],
  ["localhost:5000", true],
  ["dev.localhost:1", true],
  ["127.0.0.1", true],
  ["127.9.9.9:80", true],
  ["[::1]:5000", true],
  ["128.0.0.1", false],
  ["127.0.0.1.example.test", false],
  ["localhost.example.test", false],
])("%s is this machine: %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
