import { describe, expect, test } from "vitest";
import { type Given, lowered, lowerText } from "../../../../testing/lowering.ts";
import type { RunConfig } from "../../../oci/model.ts";

/** The config without what every image has, and the texts of the history; "-" where there is no layer. */
async function shown(
  file: string,
  given?: Given,
): Promise<{ config: RunConfig; history: readonly string[] }> {
  const { config, history } = await lowered(file, given);
  const { Env, WorkingDir, ...rest } = config.config ?? {};
  const env = (Env ?? []).filter((one) => !one.startsWith("PATH="));
  return {
    config: {
      ...rest,
      ...(env.length === 0 ? {} : { Env: env }),
      ...(WorkingDir === undefined || WorkingDir === "/" ? {} : { WorkingDir }),
    },
    history: history.map(({ created_by, empty_layer }) => `${empty_layer === true ? "- " : ""}${created_by}`),
  };
}

const cases: readonly (readonly [string, string, RunConfig, readonly string[]])[] = [
  [
    "variables, each from those before its line",
    'ENV a=1 b=$a\nENV a=2 c=${a}$b "d e"=f',
    { Env: ["a=2", "b=", "c=1", "d e=f"] },
    ["- ENV a=1 b=", "- ENV a=2 c=1 d e=f"],
  ],
  ["a variable of old", "ENV a b  $c 'd'", { Env: ["a=b   d"] }, ["- ENV a=b   d"]],
  [
    "labels",
    'ENV v=1\nLABEL a="b c" d.e=$v',
    { Env: ["v=1"], Labels: { a: "b c", "d.e": "1" } },
    ["- ENV v=1", "- LABEL a=b c d.e=1"],
  ],
  [
    "a command in JSON",
    'CMD ["a", "$b\\n"]',
    { Cmd: ["a", "$b\n"], ArgsEscaped: true },
    ['- CMD ["a" "$b\\n"]'],
  ],
  [
    "a command of the shell",
    "CMD a  $b",
    { Cmd: ["/bin/sh", "-c", "a  $b"], ArgsEscaped: true },
    ['- CMD ["/bin/sh" "-c" "a  $b"]'],
  ],
  ["no command", "CMD []", { ArgsEscaped: true }, ["- CMD []"]],
  [
    "an entrypoint after a command keeps it",
    'CMD ["a"]\nENTRYPOINT ["b"]',
    { Cmd: ["a"], ArgsEscaped: true, Entrypoint: ["b"] },
    ['- CMD ["a"]', '- ENTRYPOINT ["b"]'],
  ],
  [
    "another shell",
    'SHELL ["b", "-c"]\nENTRYPOINT c',
    { Shell: ["b", "-c"], Entrypoint: ["b", "-c", "c"] },
    ["- SHELL [b -c]", '- ENTRYPOINT ["b" "-c" "c"]'],
  ],
  [
    "ports in the order of their text",
    "ENV p=90-91\nEXPOSE 80 443/udp ${p}",
    { Env: ["p=90-91"], ExposedPorts: { "90/tcp": {}, "91/tcp": {}, "443/udp": {}, "80/tcp": {} } },
    ["- ENV p=90-91", "- EXPOSE [90/tcp 91/tcp 443/udp 80/tcp]"],
  ],
  [
    "several ports in one variable, and those of a host",
    'ENV p="1 2/UDP"\nEXPOSE $p 127.0.0.1:5:6 [::1]:7:8',
    { Env: ["p=1 2/UDP"], ExposedPorts: { "1/tcp": {}, "2/udp": {}, "6/tcp": {}, "8/tcp": {} } },
    ["- ENV p=1 2/UDP", "- EXPOSE [1/tcp 2/udp 6/tcp 8/tcp]"],
  ],
  [
    "volumes",
    'VOLUME /a /b\nVOLUME ["/c d"]',
    { Volumes: { "/a": {}, "/b": {}, "/c d": {} } },
    ["- VOLUME [/a /b]", "- VOLUME [/c d]"],
  ],
  [
    "a user and a folder",
    "ENV u=me\nUSER $u:${g:-staff}\nWORKDIR /$u/",
    { Env: ["u=me"], User: "me:staff", WorkingDir: "/me/" },
    ["- ENV u=me", "- USER me:staff", "WORKDIR /me/"],
  ],
  [
    "a signal",
    "ENV s=int\nSTOPSIGNAL SIG$s",
    { Env: ["s=int"], StopSignal: "SIGint" },
    ["- ENV s=int", "- STOPSIGNAL SIGint"],
  ],
  [
    "health",
    'HEALTHCHECK --interval=1m30s --timeout=1500ms --start-period=0 --start-interval=2h --retries=3 CMD ["a", "b"]',
    {
      Healthcheck: {
        Test: ["CMD", "a", "b"],
        Interval: 90e9,
        Timeout: 1.5e9,
        StartInterval: 7200e9,
        Retries: 3,
      },
    },
    [
      "- HEALTHCHECK {Test:[CMD a b] Interval:1m30s Timeout:1.5s StartPeriod:0s StartInterval:2h0m0s Retries:3}",
    ],
  ],
  [
    "health of a shell",
    "HEALTHCHECK CMD a b || c",
    { Healthcheck: { Test: ["CMD-SHELL", "a b || c"] } },
    [
      "- HEALTHCHECK {Test:[CMD-SHELL a b || c] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}",
    ],
  ],
  [
    "no health",
    "HEALTHCHECK NONE",
    { Healthcheck: { Test: ["NONE"] } },
    ["- HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}"],
  ],
  [
    "a trigger for others, which leaves no history",
    "ONBUILD RUN <<E\na\nE\nONBUILD COPY a \\\n b",
    { OnBuild: ["RUN <<E\na\nE", "COPY a  b"] },
    [],
  ],
  [
    "arguments before a step",
    "ARG a=1 b\nARG c=$a\nENV a=9\nRUN x",
    { Env: ["a=9"] },
    ["- ARG a=1 b", "- ARG c=1", "- ENV a=9", "RUN |3 a=9 b= c=1 /bin/sh -c x # buildkit"],
  ],
  [
    "the words of copies",
    "ENV v=x\nCOPY --chown=$v --chmod=644 --link --exclude=q a ${v}y <<E /z/\nE\nADD --unpack a.tar b",
    { Env: ["v=x"] },
    ["- ENV v=x", "COPY --chown=x --chmod=644 a xy <<E /z/ # buildkit", "ADD a.tar b # buildkit"],
  ],
];

describe("configs and histories", () => {
  test.each(cases)("%s", async (_name, file, config, history) => {
    expect(await shown(`FROM scratch\n${file}`)).toEqual({ config, history });
  });

  test("who maintains it is the author", async () => {
    expect((await lowered("FROM scratch\nMAINTAINER a  b")).config).toMatchObject({ author: "a  b" });
  });

  test("what the base says stays, but what is the result's own", async () => {
    const { config, history } = await lowered('FROM base\nENTRYPOINT ["e"]\nENV A=2', {
      labels: new Map([["l", "m"]]),
      images: {
        "docker.io/library/base:latest": {
          ...{ container: "c0ffee", docker_version: "1", "os.version": "6" },
          created: "2001-01-01T00:00:00Z",
          author: "them",
          config: {
            Env: ["A=1", "B=2"],
            Cmd: ["c"],
            User: "u",
            Labels: { k: "v" },
            OnBuild: ["ENV C=3"],
            StopSignal: "SIGINT",
          },
          history: [{ created: "2001-01-01T00:00:00Z", created_by: "before" }],
        },
      },
    });
    expect(config).toEqual({
      created: "2020-01-01T00:00:00Z",
      author: "them",
      "os.version": "6",
      os: "linux",
      architecture: "amd64",
      config: {
        Env: ["A=2", "B=2", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "C=3"],
        Entrypoint: ["e"],
        User: "u",
        Labels: { k: "v", l: "m" },
        StopSignal: "SIGINT",
      },
    });
    expect(history.map((one) => one.created_by)).toEqual([
      "before",
      "ENV C=3",
      'ENTRYPOINT ["e"]',
      "ENV A=2",
    ]);
  });
});

describe("build arguments", () => {
  const shownArguments = async (file: string, given?: Given): Promise<string | undefined> =>
    (await lowered(`${file}\nLABEL x="$a|$b|$c|$d"`, given)).config.config?.Labels?.["x"];

  test.each<[string, string, string, readonly (readonly [string, string])[]]>([
    ["a default, one without, an unknown one", "FROM scratch\nARG a=1 b", "1|||", []],
    [
      "what is given takes the place of a default",
      "FROM scratch\nARG a=1 b",
      "2|3||",
      [
        ["a", "2"],
        ["b", "3"],
      ],
    ],
    ["an empty one as well", "FROM scratch\nARG a=1", "|||", [["a", ""]]],
    [
      "without ARG nothing is seen",
      "ARG a=1\nFROM scratch",
      "|||",
      [
        ["a", "2"],
        ["b", "3"],
      ],
    ],
    [
      "those before FROM, where a stage asks",
      "ARG a=1\nARG b=$a$a c\nFROM scratch\nARG a\nARG b=9\nARG c",
      "1|9||",
      [],
    ],
    ["given ones before FROM", "ARG a=1\nARG b=${a}x\nFROM scratch\nARG a\nARG b", "5|5x||", [["a", "5"]]],
    [
      "a stage on a stage sees those of the stage below",
      "FROM scratch AS s\nARG a=1\nENV b=2\nARG b=3\nFROM s",
      "1|2||",
      [],
    ],
    ["ENV after ARG", "FROM scratch\nARG a=1\nENV a=2", "2|||", [["a", "3"]]],
    ["ARG after ENV", "FROM scratch\nENV a=2\nARG a=1", "1|||", []],
    [
      "predefined ones",
      "FROM scratch\nARG TARGETARCH TARGETPLATFORM\nARG TARGETSTAGE BUILDOS\nENV a=$TARGETARCH b=$TARGETPLATFORM c=$TARGETSTAGE d=$BUILDOS",
      "amd64|linux/amd64|default|linux",
      [],
    ],
    [
      "predefined ones that are given",
      "FROM scratch\nARG TARGETARCH=x\nENV a=$TARGETARCH",
      "y|||",
      [["TARGETARCH", "y"]],
    ],
    ["a default for a predefined one", "FROM scratch\nARG TARGETARCH=x\nENV a=$TARGETARCH", "x|||", []],
  ])("%s", async (_name, file, expected, values) => {
    expect(await shownArguments(file, { buildArgs: new Map(values) })).toBe(expected);
  });

  test("choose images", async () => {
    const { vertex } = await lowered("ARG v=1\nFROM a:${v}${TARGETARCH:+-}$TARGETARCH");
    expect(vertex.operation).toMatchObject({ kind: "image", reference: "docker.io/library/a:1-amd64" });
  });

  test("the time of the result is one", async () => {
    const given = { sourceDateEpoch: 7 };
    expect((await shown("FROM scratch\nARG SOURCE_DATE_EPOCH", given)).history).toEqual([
      "- ARG SOURCE_DATE_EPOCH=7",
    ]);
  });

  test("that nothing declares are told", async () => {
    const buildArgs = new Map([
      ["colr", "1"],
      ["colour", "2"],
      ["HTTP_PROXY", "3"],
      ["BUILDKIT_X", "4"],
      ["TARGETOS", "5"],
    ]);
    const { diagnostics } = await lowerText("FROM scratch\nARG colour", { buildArgs });
    expect(diagnostics).toEqual([
      {
        severity: "warning",
        rule: "unused-build-argument",
        message: "the build argument colr is declared by no ARG",
        hint: "did you mean colour?",
      },
    ]);
    const targets = lowerText("FROM scratch AS a\nFROM scratch\nARG colr colour", { buildArgs, target: "a" });
    expect((await targets).diagnostics).toEqual([]);
  });

  test("proxies change no digest", async () => {
    const plain = (await lowered("FROM a\nRUN b")).vertex;
    const proxied = (
      await lowered("FROM a\nRUN b", { buildArgs: new Map([["http_proxy", "http://p.test"]]) })
    ).vertex;
    expect(proxied.digest).toBe(plain.digest);
  });
});

describe("platforms", () => {
  test.each<[string, object]>([
    ["linux/amd64", { architecture: "amd64" }],
    ["linux/arm64/v8", { architecture: "arm64" }],
    ["aarch64", { architecture: "arm64" }],
    ["linux/arm", { architecture: "arm", variant: "v7" }],
    ["linux/arm/6", { architecture: "arm", variant: "v6" }],
  ])("%s", async (platform, expected) => {
    const { config } = await lowered("FROM a", { platforms: [platform] });
    expect({
      architecture: config.architecture,
      ...(config.variant === undefined ? {} : { variant: config.variant }),
    }).toEqual(expected);
  });

  test("an image is asked for once for each", async () => {
    const asked: string[] = [];
    await lowerText("FROM a AS b\nFROM a\nCOPY --from=b c d\nRUN --mount=from=a,target=/x e", {
      platforms: ["linux/amd64", "linux/arm64"],
      resolveImage: (reference, platform) => {
        asked.push(`${reference} ${platform}`);
        const [os = "", architecture = ""] = platform.split("/");
        return Promise.resolve({
          digest: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" as never,
          config: { os, architecture, rootfs: { type: "layers", diff_ids: [] } },
        });
      },
    });
    expect(asked).toEqual([
      "docker.io/library/a:latest linux/amd64",
      "docker.io/library/a:latest linux/arm64",
    ]);
  });
});
