import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Span } from "../../../base/diagnostics.ts";
import { parseDockerfile } from "../parse.ts";
import { lintDockerfile } from "./lint.ts";
import { type LintRule, lintRules } from "./rules.ts";
import type { LintContext } from "./seen.ts";

function place({ column, endColumn, endLine, line }: Span): string {
  return line === endLine ? `${line}:${column}-${endColumn}` : `${line}:${column}-${endLine}:${endColumn}`;
}

/** "line:column-end rule: message (hint)" */
function lint(text: string, context: LintContext = {}): readonly string[] {
  const { diagnostics, value } = parseDockerfile(text, "Dockerfile");
  if (value === undefined) throw new Error("it is no Dockerfile");
  return lintDockerfile(value, context, diagnostics).map(
    ({ hint, message, rule, severity, span }) =>
      `${span === undefined ? "" : place(span)} ${severity === "error" ? "error " : ""}${rule}: ${message}${hint === undefined ? "" : ` (${hint})`}`,
  );
}

/** The rules alone. */
function rulesOf(text: string, context: LintContext = {}): readonly string[] {
  return lint(text, context).map((line) => line.replace(/^\S+ /, "").replace(/:.*/, ""));
}

describe("findings have their place and what to do", () => {
  test.each<[string, readonly string[]]>([
    [
      "FROM scratch as Base\nUSER 1\nENV A=1 \\\n  B=$C\n",
      [
        "1:14-16 from-as-casing: as is not written as its FROM is (write AS)",
        "1:17-21 stage-name-casing: the stage's name Base has capitals (write base)",
        "4:5-7 undefined-variable: nothing sets C before this",
      ],
    ],
    [
      "ARG VERSION=1\nFROM --platform=linux/arm64 scratch$VERSIO\nUSER 1\n",
      [
        "2:6-28 constant-platform: the stage is of linux/arm64, whatever is built for (remove --platform, or use $BUILDPLATFORM; or name the platform in the name of the stage)",
        "2:29-43 undefined-argument-in-from: no ARG before the first FROM declares VERSIO (did you mean VERSION?)",
      ],
    ],
    [
      "FROM scratch\nUSER 1\nCOPY \\\n\n  a /a\ncopy b /b\n",
      [
        "4:1-2 empty-continuation: a blank line stands between continued lines (remove it, or make it a comment)",
        "6:1-5 instruction-casing: copy is written unlike most instructions of the file (write COPY)",
      ],
    ],
    [
      "FROM scratch\nUSER 1\nEXPOSE 80 127.0.0.1:53:53/UDP\n",
      [
        "3:11-30 port-protocol-casing: the protocol of 127.0.0.1:53:53/UDP has capitals (write udp)",
        "3:11-30 port-mapping: 127.0.0.1:53:53/UDP holds an address or a port of the host, which say nothing to an image (write EXPOSE 53/UDP)",
      ],
    ],
  ])("%j", (text, expected) => {
    expect(lint(text)).toEqual(expected);
  });
});

describe("what a base image sets", () => {
  const text = "FROM debian:12 AS a\nENV GOPATH=/go\nENV X=$HOME Y=$GOPTH Z=$A\nFROM scratch\nUSER 1\n";

  test("is not known: only what looks mistyped is told", () => {
    expect(lint(text)).toEqual([
      "3:15-21 undefined-variable: nothing sets GOPTH before this (did you mean GOPATH?)",
    ]);
  });

  test("is known", () => {
    const config = {
      Env: ["PATH=/bin", "HOME=/root"],
      Shell: ["/bin/bash", "-c"],
      OnBuild: ["MAINTAINER me"],
    };
    const found = rulesOf(text.replace("ENV X", "CMD x\nENV X"), {
      imageOf: () => ({ platform: "linux/amd64", config }),
    });
    expect(found).toEqual(["maintainer-deprecated", "undefined-variable", "undefined-variable"]);
  });

  test("another platform", () => {
    const imageOf = (): { platform: string; config: object } => ({ platform: "linux/arm64", config: {} });
    const found = rulesOf("FROM x:1 AS a\nFROM --platform=$BUILDPLATFORM x:1 AS b\nFROM scratch\nUSER 1\n", {
      imageOf,
      platform: "linux/amd64",
      buildPlatform: "linux/arm64",
    });
    expect(found).toEqual(["base-image-platform"]);
  });
});

describe("what ships", () => {
  const user = "USER 1000\n";
  test.each<[string, readonly string[]]>([
    ["FROM golang:1.21 AS b\nFROM scratch\n", ["runs-as-root"]],
    [`FROM golang:1.21 AS b\nFROM scratch\n${user}`, []],
    [`FROM golang:1.21\n${user}`, ["ships-distribution"]],
    [`FROM golang:1.21 AS b\nFROM b\n${user}`, ["ships-distribution"]],
    ["FROM gcr.io/distroless/static:nonroot\n", []],
    ["FROM gcr.io/distroless/static-debian12:v1\n", ["runs-as-root"]],
    ["FROM scratch\nUSER root\n", ["runs-as-root"]],
    ["FROM scratch\nUSER 0:0\n", ["runs-as-root"]],
    ["FROM scratch\nUSER 1\nUSER 00\n", ["runs-as-root"]],
    ["FROM scratch AS a\nUSER 5\nFROM a\n", []],
    ["FROM scratch\nARG U=0\nUSER $U\n", []],
    [`FROM scratch\n${user}SHELL ["/sh"]\nENTRYPOINT x\n`, ["starts-by-shell"]],
    [`FROM scratch\n${user}HEALTHCHECK CMD wget x\n`, ["starts-by-shell"]],
    [`FROM scratch\n${user}HEALTHCHECK CMD ["/x"]\nCMD ["/x"]\n`, []],
    [`FROM scratch\n${user}HEALTHCHECK NONE\n`, []],
    [`FROM scratch AS a\nHEALTHCHECK CMD x\nFROM scratch\n${user}`, []],
  ])("%j", (text, expected) => {
    expect(rulesOf(text)).toEqual(expected);
  });

  test("of another target", () => {
    expect(rulesOf(`FROM golang:1.21 AS b\nFROM scratch\n${user}`, { target: "B" })).toEqual([
      "runs-as-root",
      "ships-distribution",
    ]);
  });
});

const tail = "FROM scratch\nUSER 1\n";

test.each<[string, readonly string[]]>([
  ["FROM alpine AS a\n", ["unpinned-base"]],
  ["FROM alpine:latest AS a\n", ["unpinned-base"]],
  ["ARG V=3\nFROM alpine:$V AS a\n", []],
  [`FROM alpine@sha256:${"0".repeat(64)} AS a\n`, []],
])("base images: %j", (text, expected) => {
  expect(rulesOf(text + tail)).toEqual(expected);
});

test.each<[string, readonly string[]]>([
  ["ADD a /a", ["add-where-copy-does"]],
  ['ADD ["a b", "/a"]', ["add-where-copy-does"]],
  ["ADD a.tar.gz /", []],
  ["ADD rootfs.txz a /", []],
  ["ADD https://example.test/a /a", []],
  ["ADD git@example.test:a/b.git /a", []],
  ["ADD --unpack=false a.tar /a", []],
  ["ADD $file /a", ["undefined-variable"]],
  ["ADD *.x /a/", []],
  ["COPY a /a", []],
  ["ENV URL=https://me:pass@example.test/", ["credentials-in-url"]],
  ["ENV URL=https://me@example.test:80/@", []],
  ['RUN ["git", "clone", "https://:tok@example.test/x"]', ["credentials-in-url"]],
  ["RUN curl https://me:$TOKEN@example.test/", []],
  ["RUN <<E\ncurl ftp://a:b@example.test\nE", ["credentials-in-url"]],
  ["RUN apt-get update && apt-get install -y curl", ["package-cache-left"]],
  ["RUN apt-get  update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*", []],
  ["RUN --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update", []],
  ["RUN <<E\napt-get update\nE", ["package-cache-left"]],
  ["RUN apk add curl", ["package-cache-left"]],
  ["RUN apk add --no-cache curl", []],
  ["RUN dnf install -y x", ["package-cache-left"]],
  ["RUN dnf install -y x && dnf clean all", []],
  ["RUN pip install x", ["package-cache-left"]],
  ["RUN pip install --no-cache-dir x", []],
])("%j", (text, expected) => {
  expect(rulesOf(`${tail}${text}\n`)).toEqual(expected);
});

test("caches of a stage that is thrown away are nobody's matter", () => {
  expect(rulesOf(`FROM debian:12 AS a\nRUN apt-get update\n${tail}`)).toEqual([]);
});

test("error=true makes errors of BuildKit's rules, and of no others", () => {
  expect(
    lint("# check=error=true\nFROM alpine AS A\nFROM scratch\n").map((line) => line.split(":")[1]),
  ).toEqual(["6-12 unpinned-base", "16-17 error stage-name-casing", "1-13 runs-as-root"]);
});

test.each(["skip=all", "skip=RunsAsRoot,UnpinnedBase"])("our rules can be turned off: %s", (check) => {
  expect(rulesOf(`# check=${check}\nFROM alpine AS a\nFROM scratch\n`)).toEqual([]);
});

test("rules have names of their own", () => {
  const rules: readonly LintRule[] = Object.values(lintRules);
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  expect(rules.every(({ description }) => /^[A-Z`].*\.$/.test(description))).toBe(true);
});

test("whatever is parsed can be linted", () => {
  const words = [
    "FROM",
    "ARG",
    "ENV",
    "COPY",
    "a",
    "b=$a",
    "${b:-c}",
    "<<E",
    "E",
    "scratch",
    "AS",
    "\n",
    "\\\n",
    '["x"]',
    "--platform=$a",
    "# check=skip=all\n",
    "$",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 40 }), (parts) => {
      const { diagnostics, value } = parseDockerfile(parts.join(" "), "Dockerfile");
      if (value === undefined) return;
      for (const { span } of lintDockerfile(value, {}, diagnostics)) {
        expect(span?.line).toBeLessThanOrEqual(value.lines.length);
      }
    }),
  );
});
