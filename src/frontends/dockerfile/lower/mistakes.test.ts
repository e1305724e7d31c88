import { describe, expect, test } from "vitest";
import { type Given, loweringMistakes } from "../../../../testing/lowering.ts";
import { ToolError } from "../../../base/errors.ts";
import { lowerRules } from "./rules.ts";

const checksum = `sha256:${"0".repeat(64)}`;

const mistakes: readonly (readonly [file: string, told: readonly string[], given?: Given])[] = [
  [
    "FROM a\nCOPY <<b/c <<.. /d\nb/c\n..",
    ["2:6 wrong-source: a here-document can't be the file b/c (its name is that of a file, without folders)"],
  ],
  ["FROM a\nENV b=${c:?unset}", ['2:7 wrong-expansion: "${c:?unset}": c: unset']],
  ['FROM a\nENV b=x"y', ['2:8 wrong-expansion: "x"y": a double quote is not closed']],
  [
    "FROM a\nLABEL a='b\nUSER ${",
    [
      '2:9 wrong-expansion: "\'b": a single quote is not closed',
      '3:6 wrong-expansion: "${": "${" has no "}"',
    ],
  ],
  ["FROM a\nVOLUME $b", ["2:8 wrong-expansion: the volume has no path once its variables are in"]],
  [
    "FROM $a",
    [
      '1:6 wrong-image-name: "$a" is empty once its variables are in (give its ARG a default before the first FROM)',
    ],
  ],
  [
    "FROM a AS Build\nFROM Buil",
    [
      '2:6 wrong-image-name: "Buil" is no name of an image: "Buil" has capital letters (did you mean the stage build?)',
    ],
  ],
  [
    "FROM a AS absend\nFROM absent",
    [
      "2:6 unknown-image: absent is neither a stage nor an image: finding docker.io/library/absent:latest: it is not there (did you mean the stage absend?)",
    ],
  ],
  [
    "FROM a\nCOPY --from=$b c d",
    [
      "2:6 wrong-image-name: --from takes no variables (name a stage with FROM, which takes those of ARGs before the first FROM)",
    ],
  ],
  [
    "FROM --platform=linux/a/b/c a",
    [
      "1:6 wrong-platform: linux/a/b/c is no platform that images are built for (write linux/amd64, linux/arm64 or $BUILDPLATFORM)",
    ],
  ],
  [
    "FROM --platform=$x a",
    [
      '1:6 wrong-platform: "$x" is empty once its variables are in (write linux/amd64, linux/arm64 or $BUILDPLATFORM)',
    ],
  ],
  [
    "FROM --platform=windows/amd64 a",
    [
      "1:6 wrong-platform: windows/amd64 is no platform that images are built for (write linux/amd64, linux/arm64 or $BUILDPLATFORM)",
    ],
  ],
  [
    "FROM a",
    ["wrong-platform: x is no platform that images are built for (write linux/amd64 or linux/arm64)"],
    { platforms: ["x"] },
  ],
  [
    "FROM a AS build\nFROM b AS test",
    ["unknown-target: there is no stage tets to build (did you mean test?)"],
    { target: "tets" },
  ],
  [
    "FROM a AS build\nFROM b AS test",
    ["unknown-target: there is no stage release to build (the stages are build, test)"],
    { target: "release" },
  ],
  [
    "FROM a",
    ["unknown-target: there is no stage 1 to build (no stage has a name: give it one with AS)"],
    { target: "1" },
  ],
  [
    "FROM a\nCOPY --from=1 b c",
    ["2:6 unknown-stage-number: there is no stage 1 (the file has one stage, which is 0)"],
  ],
  [
    "FROM a\nFROM b\nCOPY --from=-1 c d\nCOPY --from=7 e f",
    ["3:6 unknown-stage-number: there is no stage -1 (stages are counted from 0 to 1)"],
  ],
  [
    "FROM a AS b\nCOPY --from=c d e\nFROM f AS c\nFROM b",
    ["2:1 stage-order: the stage c comes later (a stage takes files from stages above it)"],
  ],
  ["FROM a AS b\nCOPY --from=b c d", ["2:1 circular-stages: stages need each other: b -> b"]],
  [
    "FROM a AS b\nCOPY --from=c x y\nFROM a AS c\nRUN --mount=from=b,target=/z w",
    ["4:1 circular-stages: stages need each other: b -> c -> b"],
  ],
  ["FROM a\nRUN --mount=typ=bind b", ["2:5 wrong-mount: --mount has no key typ (did you mean type?)"]],
  [
    "FROM a\nRUN --mount=type=cahce b",
    ['2:5 wrong-mount: type of --mount can\'t be "cahce" (did you mean cache?)'],
  ],
  [
    "FROM a\nRUN --mount=type=cache,target b",
    ["2:5 wrong-mount: target of --mount lacks its value (write target=...)"],
  ],
  [
    "FROM a\nRUN --mount=type=cache,target=/b,sharing=x c",
    ['2:5 wrong-mount: sharing of --mount can\'t be "x" (it is one of shared, private, locked)'],
  ],
  [
    "FROM a\nRUN --mount=target=/b,mode=1 c",
    ["2:5 wrong-mount: mode makes no sense for a mount of type bind (it is for secret, ssh, cache)"],
  ],
  [
    "FROM a\nRUN --mount=type=cache,target=/b,mode=9 c",
    ['2:5 wrong-mount: mode of --mount can\'t be "9" (it is octal digits)'],
  ],
  [
    "FROM a\nRUN --mount=type=cache,target=/b,uid=4294967296 c",
    ['2:5 wrong-mount: uid of --mount can\'t be "4294967296" (it is a number)'],
  ],
  [
    "FROM a\nRUN --mount=type=tmpfs,target=/b,size=big c",
    ['2:5 wrong-mount: size of --mount can\'t be "big" (write 64m or 1g)'],
  ],
  [
    "FROM a\nRUN --mount=target=/b,rw=x c",
    ['2:5 wrong-mount: readwrite of --mount can\'t be "x" (it is true or false)'],
  ],
  [
    "FROM a\nRUN --mount=type=secret b",
    ["2:5 wrong-mount: the mount does not say which secret it is (name it with id=)"],
  ],
  [
    "FROM a\nRUN --mount=type=secret,id=b,from=c d",
    ["2:5 wrong-mount: a secret comes from no stage: remove from"],
  ],
  [
    "FROM a\nRUN --mount=type=secret,id=b,src=c d",
    ["2:5 wrong-mount: a secret has a source or an id, and not both"],
  ],
  [
    "FROM a\nRUN --mount=type=ssh,src=c d",
    ["2:5 wrong-mount: a mount of type ssh has no source (its agent is named by id)"],
  ],
  [
    "FROM a\nRUN --mount=type=bind,from=$b,target=/c d",
    [
      "2:5 wrong-mount: from takes no variables (name a stage with FROM, which takes those of ARGs before the first FROM)",
    ],
  ],
  [
    "FROM a\nRUN --mount=target=/ b",
    ["2:5 wrong-mount: nothing can be mounted over the root (name a folder with target=)"],
  ],
  [
    'FROM a\nRUN --mount=type=bind,\\"x b',
    [
      "2:5 wrong-mount: a double quote of --mount stands alone (quote a whole key=value, and double quotes in it twice)",
    ],
  ],
  [
    "FROM a\nEXPOSE 65536",
    ["2:8 wrong-port: 65536 is no port: the greatest is 65535 (write 80, 80/udp or 8000-8010)"],
  ],
  [
    "FROM a\nEXPOSE 9-8 1-2:3-5",
    ["2:12 wrong-port: 1-2:3-5 is no port: both ranges differ in length (write 80, 80/udp or 8000-8010)"],
  ],
  [
    "FROM a\nEXPOSE 1/x",
    ["2:8 wrong-port: 1/x is no port: x is not tcp, udp or sctp (write 80, 80/udp or 8000-8010)"],
  ],
  [
    "FROM a\nEXPOSE 9-8",
    ["2:8 wrong-port: 9-8 is no port: the range goes down (write 80, 80/udp or 8000-8010)"],
  ],
  [
    "FROM a\nEXPOSE x:2:3",
    ["2:8 wrong-port: x:2:3 is no port: x is no address (write 80, 80/udp or 8000-8010)"],
  ],
  ["FROM a\nSTOPSIGNAL SIGTREM", ["2:1 wrong-signal: SIGTREM is no signal of Linux (did you mean SIGTERM?)"]],
  [
    "FROM a\nCOPY --chmod=9 b c",
    ['2:6 wrong-mode: --chmod can\'t be "9" (it is octal digits up to 7777, or symbols like u=rwX,go=rX)'],
  ],
  [
    `FROM a\nADD --checksum=${checksum} b c`,
    [
      "2:5 wrong-checksum: --checksum is for one source that is fetched (it is the only source then, a URL or a repository)",
    ],
  ],
  [
    "FROM a\nADD --checksum=x https://host.test/b c",
    ["2:5 wrong-checksum: x is no checksum (it is sha256: and 64 hexadecimal digits)"],
  ],
  [
    "FROM a\nADD --checksum=1 https://host.test/b.git?checksum=2 c",
    ["2:18 wrong-checksum: --checksum and the checksum of the URL differ"],
  ],
  ["FROM a\nCOPY https://host.test/b c", ["2:6 wrong-source: COPY can't fetch a URL (ADD can)"]],
  ["FROM a\nCOPY git@host.test:b c", ["2:6 wrong-source: COPY can't fetch a repository (ADD can)"]],
  [
    "FROM a\nADD https://host.test/b.git?x=1 c",
    [
      "2:5 wrong-source: x of a repository is not understood (ref, tag, branch, subdir, checksum and keep-git-dir are)",
    ],
  ],
  [
    "FROM a\nADD https://host.test/b.git?tag=1&branch=2 c",
    ["2:5 wrong-source: the repository is given two values for ref: refs/tags/1 and refs/heads/2"],
  ],
  [
    "FROM a\nADD https://u:p@host.test/b.git c",
    [
      "2:5 wrong-source: the URL of the repository holds a password (it would be in the history of the image: let git have it from its credential helper)",
    ],
  ],
];

describe("mistakes", () => {
  const rows = mistakes.map(([file, told, given = {}]) => [file, told, given] as const);
  test.each(rows)("%j", async (file, told, given) => {
    expect(await loweringMistakes(file, given)).toEqual(told);
  });

  test.each(["not-found", "unauthorized"] as const)(
    "a registry that says %s may stand for a stage",
    async (code) => {
      const resolveImage = (): Promise<never> =>
        Promise.reject(new ToolError(code, { what: "asking", why: "no" }));
      expect(
        await loweringMistakes("FROM scratch AS build\nFROM scratch\nCOPY --from=bulid a b", {
          resolveImage,
        }),
      ).toEqual([
        "3:6 unknown-image: bulid is neither a stage nor an image: asking: no (did you mean the stage build?)",
      ]);
    },
  );

  test("an image that can't be asked for may be a stage", async () => {
    const resolveImage = (): Promise<never> =>
      Promise.reject(new ToolError("network", { what: "asking", why: "no" }));
    await expect(
      loweringMistakes("FROM scratch AS build\nFROM bulid", { resolveImage }),
    ).rejects.toMatchObject({
      code: "network",
      hint: "did you mean the stage build?",
    });
  });

  test("an image that is not there is told as the registry tells it, where no stage is meant", async () => {
    await expect(loweringMistakes("FROM a AS build\nFROM absent")).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("triggers of an image are told at FROM", async () => {
    const images = (OnBuild: readonly string[]): Given => ({
      images: { "docker.io/library/a:latest": { config: { OnBuild } } },
    });
    expect(await loweringMistakes("FROM a", images(["COPY x"]))).toEqual([
      "1:1 missing-argument: COPY needs a source and a target (COPY [FLAGS] SOURCE... TARGET)",
    ]);
    expect(await loweringMistakes("FROM a", images(["RUN x\nRUN y"]))).toEqual([
      "1:1 onbuild-trigger: the image's ONBUILD trigger is no single instruction: RUN x\nRUN y",
    ]);
    expect(await loweringMistakes("FROM a", images(["FROM b"]))).toEqual([
      "1:1 wrong-image-name: FROM can't be a trigger of ONBUILD",
    ]);
  });

  test("every rule of lowering is broken above, or has a test of its own", () => {
    const broken = new Set(
      mistakes.flatMap(([, told]) => told.map((one) => /^(?:\d+:\d+ )?([a-z-]+):/.exec(one)?.[1])),
    );
    expect(Object.keys(lowerRules).filter((rule) => !broken.has(rule))).toEqual([
      "lowered-limit",
      "unused-build-argument",
    ]);
  });
});
