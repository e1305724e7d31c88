import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Digest, digestOf } from "../base/digest.ts";
import type { LockedPackage } from "../debian/locked.ts";
import { compareImages, compareLocks, type Lock, type LockRequest, requestDigest } from "./lock.ts";
import { formatLock, parseLock } from "./lock-file.ts";

const locked = (name: string, changes: Partial<LockedPackage> = {}): LockedPackage => ({
  name,
  version: "1.0-1",
  architecture: "amd64",
  suite: "bookworm",
  path: `pool/main/${name[0] ?? ""}/${name}/${name}_1.0-1_amd64.deb`,
  sizeBytes: 1234,
  digest: digestOf(name),
  depends: [],
  requested: false,
  ...changes,
});

const sample: Lock = {
  lockVersion: 1,
  request: digestOf("request"),
  suites: [
    { suite: "bookworm", archive: "debian", date: "2026-07-11T10:16:37Z", digest: digestOf("InRelease") },
  ],
  platforms: [
    {
      platform: "linux/amd64",
      phase: "run",
      packages: [locked("libc6"), locked("nginx", { depends: ["libc6"], requested: true })],
    },
    { platform: "linux/arm64", phase: "run", packages: [locked("libc6", { architecture: "arm64" })] },
  ],
};

test("the text is one line for each package", () => {
  expect(formatLock(sample).split("\n")).toEqual([
    "{",
    '  "lockVersion": 1,',
    `  "request": "${sample.request}",`,
    '  "suites": [',
    `    {"suite":"bookworm","archive":"debian","date":"2026-07-11T10:16:37Z","digest":"${digestOf("InRelease")}"}`,
    "  ],",
    '  "platforms": [',
    '    {"platform": "linux/amd64", "phase": "run", "packages": [',
    `      {"name":"libc6","version":"1.0-1","architecture":"amd64","suite":"bookworm","path":"pool/main/l/libc6/libc6_1.0-1_amd64.deb","sizeBytes":1234,"digest":"${digestOf("libc6")}","depends":[],"requested":false},`,
    `      {"name":"nginx","version":"1.0-1","architecture":"amd64","suite":"bookworm","path":"pool/main/n/nginx/nginx_1.0-1_amd64.deb","sizeBytes":1234,"digest":"${digestOf("nginx")}","depends":["libc6"],"requested":true}`,
    "    ]},",
    '    {"platform": "linux/arm64", "phase": "run", "packages": [',
    expect.stringContaining('"architecture":"arm64"'),
    "    ]}",
    "  ],",
    expect.stringMatching(/^ {2}"digest": "sha256:[0-9a-f]{64}"$/),
    "}",
    "",
  ]);
});

const name = fc.stringMatching(/^[a-z][a-z0-9+.-]{1,6}$/);
const digest: fc.Arbitrary<Digest> = fc.string().map((text) => digestOf(text));
const lockArbitrary: fc.Arbitrary<Lock> = fc.record({
  lockVersion: fc.constant(1 as const),
  request: digest,
  suites: fc.constant(sample.suites),
  platforms: fc.array(
    fc.record({
      platform: fc.constantFrom("linux/amd64", "linux/arm64"),
      phase: fc.constantFrom("run" as const, "init" as const),
      packages: fc.uniqueArray(name, { maxLength: 5 }).chain((names) =>
        fc.tuple(
          ...names.map((own) =>
            fc
              .record({
                digest,
                sizeBytes: fc.nat(),
                requested: fc.boolean(),
                depends: fc.subarray(names),
                version: fc.constantFrom("1", "1:2.3~rc1-4+b1"),
              })
              .map((changes) => locked(own, changes)),
          ),
        ),
      ),
    }),
    { maxLength: 2 },
  ),
});

test("what is written is read back", async () => {
  await fc.assert(
    fc.asyncProperty(lockArbitrary, async (lock) => {
      expect(await parseLock(formatLock(lock), "distill.lock")).toEqual({ value: lock, diagnostics: [] });
    }),
  );
});

describe("refused, with the place", () => {
  const good = formatLock(sample);
  const fix = (edit: (text: string) => string): string => edit(good);
  test.each<[summary: string, text: string, expected: readonly string[]]>([
    ["no JSON", "lockVersion: 1", ["1 lock-malformed: the lock is not JSON"]],
    ["empty", "", ["1 lock-malformed: the lock is not JSON"]],
    ["cut off", good.slice(0, 300), ["7 lock-malformed: the lock is not JSON"]],
    [
      "an unfinished merge",
      fix((text) => text.replace('  "suites"', '<<<<<<< ours\n  "suites"')),
      ["4 lock-malformed: the lock holds the marks of an unfinished merge"],
    ],
    ["a list", "[]", ["1 lock-malformed: it must be an object"]],
    [
      "a request of 100000 lists in each other",
      fix((text) =>
        text.replace(/"request": "[^"]*"/, `"request": ${"[".repeat(100_000)}${"]".repeat(100_000)}`),
      ),
      ["3 lock-malformed: the lock is nested deeper than 64 levels (jsonDepthMax)"],
    ],
    [
      "a version that is nested",
      fix((text) =>
        text.replace('"lockVersion": 1', `"lockVersion": ${"[".repeat(62)}"[\\"["${"]".repeat(62)}`),
      ),
      ["2 lock-version: the lock has version [["],
    ],
    [
      "a later version",
      fix((text) => text.replace('"lockVersion": 1', '"lockVersion": 2')),
      ["2 lock-version: the lock has version 2"],
    ],
    ["no version", "{}", ["1 lock-version: the lock has version undefined"]],
    [
      "an edited version",
      fix((text) => text.replace('"version":"1.0-1"', '"version":"1.0-2"')),
      ["16 lock-altered: the lock was altered"],
    ],
    [
      "a removed package",
      fix((text) => text.replace(/^.*"requested":true.*\n/m, "").replace(/(false}),\n {4}\]/, "$1\n    ]")),
      ["15 lock-altered: the lock was altered"],
    ],
    [
      "a missing dependency",
      fix((text) => text.replace('"depends":["libc6"]', '"depends":["libc7"]')),
      ["10 lock-malformed: libc7 is not in the lock"],
    ],
    [
      "a package twice",
      fix((text) => text.replace('"name":"nginx"', '"name":"libc6"')),
      ["10 lock-malformed: libc6 is there twice"],
    ],
    [
      "an unknown field",
      fix((text) => text.replace('"depends":[]', '"evil":1,"depends":[]')),
      ['9 lock-malformed: there is no field "evil" here'],
    ],
    [
      "a path that leads out",
      fix((text) => text.replace("pool/main/n/", "pool/../../n/")),
      ["10 lock-malformed: platforms.0.packages.1.path can't be"],
    ],
    [
      "an absolute path",
      fix((text) => text.replace("pool/main/n/", "/main/n/")),
      ["10 lock-malformed: platforms.0.packages.1.path can't be"],
    ],
    [
      "a URL for a path",
      fix((text) => text.replace("pool/main/n/", "https://evil.example/")),
      ["10 lock-malformed: platforms.0.packages.1.path can't be"],
    ],
    [
      "a bad digest",
      fix((text) => text.replace(/("sizeBytes":1234,"digest":"sha256:)[0-9a-f]/, "$1X")),
      ["9 lock-malformed: platforms.0.packages.0.digest must be"],
    ],
    [
      "a bad size",
      fix((text) => text.replace('"sizeBytes":1234', '"sizeBytes":-1')),
      ["9 lock-malformed: the size must be a whole number"],
    ],
    [
      "a bad version",
      fix((text) => text.replace('"version":"1.0-1"', '"version":"latest"')),
      ['9 lock-malformed: "latest" is not a Debian version'],
    ],
    [
      "an unlisted suite",
      fix((text) => text.replace('"suite":"bookworm","path"', '"suite":"sid","path"')),
      ["9 lock-malformed: the suite sid is not among"],
    ],
    [
      "a missing field",
      fix((text) => text.replace('"architecture":"amd64",', "")),
      ["9 lock-malformed: platforms.0.packages.0.architecture is missing"],
    ],
    [
      "two faults at once",
      fix((text) =>
        text.replace('"requested":false', '"requested":0').replace("2026-07-11T10:16:37Z", "yesterday"),
      ),
      ["5 lock-malformed: suites.0.date", "9 lock-malformed: it must be true or false"],
    ],
  ])("%s", async (_, text, expected) => {
    const { value, diagnostics } = await parseLock(text, "distill.lock");
    expect(value).toBeUndefined();
    const told = diagnostics.map((one) => `${one.span?.line ?? 0} ${one.rule}: ${one.message}`);
    for (const [index, start] of expected.entries()) {
      expect(
        told.some((one) => one.startsWith(start)),
        `${told[index] ?? "nothing"} / ${start}`,
      ).toBe(true);
    }
    expect(diagnostics.every((one) => one.severity === "error" && one.hint !== undefined)).toBe(true);
  });

  test("no text makes the reader throw", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.nat(good.length), async (json, cut) => {
        for (const text of [json, good.slice(0, cut), good.slice(0, cut) + good.slice(cut + 1)]) {
          const { value, diagnostics } = await parseLock(text, "distill.lock");
          expect(value === undefined).toBe(diagnostics.length > 0);
        }
      }),
    );
  });
});

describe("stages", () => {
  const image = { reference: "example.test/base:1", platform: "linux/amd64", digest: digestOf("image") };
  const staged: Lock = {
    ...sample,
    platforms: [
      ...sample.platforms,
      { platform: "linux/amd64", phase: "build/app", packages: [locked("make")] },
    ],
    images: [image],
  };

  test("have packages under their names, and pinned images", async () => {
    const text = formatLock(staged);
    expect(text).toContain('{"platform": "linux/amd64", "phase": "build/app", "packages": [');
    expect(text).toContain(
      `    {"reference":"example.test/base:1","platform":"linux/amd64","digest":"${image.digest}"}`,
    );
    expect((await parseLock(text, "distill.lock")).value).toEqual(staged);
    const altered = text.replace("example.test/base:1", "example.test/base:2");
    expect((await parseLock(altered, "x")).diagnostics.map(({ rule }) => rule)).toEqual(["lock-altered"]);
  });

  test.each([
    ['"phase": "build/app"', '"phase": "build/../app"'],
    ['"phase": "build/app"', '"phase": "other"'],
    ['"reference":"example.test/base:1",', ""],
  ])("%s can't be %s", async (from, to) => {
    const { diagnostics, value } = await parseLock(formatLock(staged).replace(from, to), "x");
    expect(value).toBeUndefined();
    expect(diagnostics[0]?.rule).toBe("lock-malformed");
  });

  test("images that were pinned anew, added and removed", () => {
    const other = { ...image, reference: "example.test/other" };
    const after = { ...staged, images: [{ ...image, digest: digestOf("new") }, other] };
    expect(compareImages(staged, staged)).toEqual([]);
    expect(compareImages(undefined, sample)).toEqual([]);
    expect(compareImages(staged, after)).toEqual([
      { reference: image.reference, platform: image.platform, before: image.digest, after: digestOf("new") },
      { reference: other.reference, platform: image.platform, before: undefined, after: image.digest },
    ]);
    expect(compareImages(after, sample).map((one) => one.after)).toEqual([undefined, undefined]);
  });

  test("ask for images in whatever order, each once", () => {
    const request: LockRequest = { platforms: ["linux/amd64"], repositories: [], packages: {} };
    const of = (...images: readonly string[]): Digest => requestDigest({ ...request, images });
    expect(of("a", "b", "a")).toBe(of("b", "a"));
    expect(of("a")).not.toBe(requestDigest(request));
  });
});

describe("the request's digest", () => {
  const request: LockRequest = {
    platforms: ["linux/amd64", "linux/arm64"],
    repositories: [{ debian: "bookworm", components: ["main"] }],
    packages: { run: ["nginx", "!adduser"] },
  };
  test("is the same for the same request, platforms in whatever order", () => {
    expect(requestDigest({ ...request, platforms: ["linux/arm64", "linux/amd64"] })).toBe(
      requestDigest(request),
    );
    const withMirror = { debian: "bookworm", components: ["main"], mirror: "https://mirror.example/debian" };
    expect(requestDigest({ ...request, repositories: [withMirror] })).toBe(requestDigest(request));
  });
  test.each<[string, Partial<LockRequest>]>([
    ["platforms", { platforms: ["linux/amd64"] }],
    ["packages", { packages: { run: ["nginx"] } }],
    ["phase", { packages: { init: ["nginx", "!adduser"] } }],
    ["packages' order", { packages: { run: ["!adduser", "nginx"] } }],
    ["release", { repositories: [{ debian: "trixie", components: ["main"] }] }],
    ["components", { repositories: [{ debian: "bookworm", components: ["main", "contrib"] }] }],
    ["suites", { repositories: [{ debian: "bookworm", components: ["main"], suites: ["bookworm"] }] }],
    [
      "snapshot",
      { repositories: [{ debian: "bookworm", components: ["main"], snapshot: "20260101T000000Z" }] },
    ],
  ])("changes with the %s", (_, changes) => {
    expect(requestDigest({ ...request, ...changes })).not.toBe(requestDigest(request));
  });
});

describe("comparing", () => {
  test("what was added, removed and changed, by platform", () => {
    const after: Lock = {
      ...sample,
      platforms: [
        {
          platform: "linux/amd64",
          phase: "run",
          packages: [locked("libc6", { version: "1.0-2", digest: digestOf("new") }), locked("zlib1g")],
        },
        ...sample.platforms.slice(1),
      ],
    };
    const [change, ...others] = compareLocks(sample, after);
    expect(others).toEqual([]);
    expect(change?.platform).toBe("linux/amd64");
    expect(change?.added.map((one) => one.name)).toEqual(["zlib1g"]);
    expect(change?.removed.map((one) => one.name)).toEqual(["nginx"]);
    expect(change?.changed.map((one) => [one.before.version, one.after.version])).toEqual([
      ["1.0-1", "1.0-2"],
    ]);
  });

  test("nothing differs from itself; all is new without a lock; a platform may go", () => {
    expect(compareLocks(sample, sample)).toEqual([]);
    expect(compareLocks(undefined, sample).map((one) => one.added.length)).toEqual([2, 1]);
    const [gone] = compareLocks(sample, { ...sample, platforms: sample.platforms.slice(0, 1) });
    expect([gone?.platform, gone?.removed.length]).toEqual(["linux/arm64", 1]);
  });
});
