import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChallenges, scopeNames } from "./challenge.ts";

function plain(header: string): unknown {
  return parseChallenges(header).map((one) => [one.scheme, Object.fromEntries(one.parameters)]);
}

describe("WWW-Authenticate", () => {
  const bearer = { realm: "https://auth.example.test/token", service: "registry" };
  const headers: readonly (readonly [string, unknown])[] = [
    ["", []],
    ["Basic", [["basic", {}]]],
    ['Basic realm="a, b"', [["basic", { realm: "a, b" }]]],
    ['BEARER Realm="https://auth.example.test/token",service="registry"', [["bearer", bearer]]],
    ['Bearer realm="https://auth.example.test/token" , service=registry', [["bearer", bearer]]],
    [
      'Bearer realm="r",scope="repository:a/b:pull,push"',
      [["bearer", { realm: "r", scope: "repository:a/b:pull,push" }]],
    ],
    ['Bearer realm="say \\"hi\\""', [["bearer", { realm: 'say "hi"' }]]],
    [
      'Basic realm="a", Bearer realm="b"',
      [
        ["basic", { realm: "a" }],
        ["bearer", { realm: "b" }],
      ],
    ],
    [
      'Negotiate, Basic realm="x"',
      [
        ["negotiate", {}],
        ["basic", { realm: "x" }],
      ],
    ],
    ['realm="lost"', []],
    [
      'Bearer realm="never closed',
      [
        ["bearer", {}],
        ["realm", {}],
        ["never", {}],
        ["closed", {}],
      ],
    ],
  ];
  test.each(headers)("%j", (header, expected) => {
    expect(plain(header)).toEqual(expected);
  });

  test("ends on any text, without throwing", () => {
    const pieces = fc.constantFrom("Bearer", " ", ",", "=", '"', "\\", "realm", "é", "\u0000", "(", "a=b");
    fc.assert(fc.property(fc.array(pieces), (parts) => Array.isArray(parseChallenges(parts.join("")))));
  });
});

test("scopes: ours, and what the registry asks beyond them", () => {
  const ours = [
    { repository: "app", actions: ["pull", "push"] },
    { repository: "base", actions: ["pull"] },
  ] as const;
  const [asked] = parseChallenges(
    'Bearer realm="r",scope="repository:app:pull repository:other:pull registry:catalog:*"',
  );
  expect(scopeNames(ours, asked)).toEqual([
    "registry:catalog:*",
    "repository:app:pull,push",
    "repository:base:pull",
    "repository:other:pull",
  ]);
  expect(scopeNames([], undefined)).toEqual([]);
});
