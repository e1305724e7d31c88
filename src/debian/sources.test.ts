import { describe, expect, test } from "vitest";
import { ToolError } from "../base/errors.ts";
import { aptSetting, parseDeb822Sources, parseOneLineSources } from "./apt-sources.ts";
import { type HostFiles, readHostApt } from "./host-apt.ts";
import { archivesOf, defaultSuites, type RepositoryRequest, type SourceConfiguration } from "./sources.ts";

/** A host whose files are these. */
function hostOf(files: Readonly<Record<string, string>>): HostFiles {
  return {
    read: async (path) => (path in files ? Buffer.from(files[path] ?? "") : undefined),
    list: async (folder) =>
      Object.keys(files)
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1))
        .sort(),
  };
}

describe("one-line sources", () => {
  test.each<[string, string]>([
    ["deb http://mirror.example/debian bookworm main", "http://mirror.example/debian|bookworm|main|"],
    [
      "  deb   https://mirror.example/debian/  sid  main contrib # both",
      "https://mirror.example/debian|sid|main contrib|",
    ],
    ["deb [signed-by=/k/a.gpg] http://mirror.example/d s main", "http://mirror.example/d|s|main|/k/a.gpg"],
    [
      "deb [ arch=amd64 signed-by=/k/a.gpg,/k/b.gpg ] http://mirror.example/d s main",
      "http://mirror.example/d|s|main|/k/a.gpg /k/b.gpg",
    ],
    ["deb http://mirror.example/flat ./", "http://mirror.example/flat|./||"],
    [
      "deb [check-valid-until=no] http://mirror.example/d s main",
      "http://mirror.example/d|s|main||unchecked",
    ],
  ])("%s", (line, expected) => {
    const { sources, diagnostics } = parseOneLineSources(
      `# a comment\n\n${line}\ndeb-src http://mirror.example/d s main\n`,
      "list",
    );
    expect(diagnostics).toEqual([]);
    expect(
      sources.map((one) =>
        [
          one.uris.join(" "),
          one.suites.join(" "),
          one.components.join(" "),
          one.signedBy?.files.join(" ") ?? "",
          ...(one.checkValidUntil ? [] : ["unchecked"]),
        ].join("|"),
      ),
    ).toEqual([expected]);
  });

  test("what is not understood is a warning with its line", () => {
    const { sources, diagnostics } = parseOneLineSources(
      "deb http://mirror.example/d s main\nrpm x\ndeb\n",
      "list",
    );
    expect(sources).toHaveLength(1);
    expect(diagnostics.map((one) => one.span?.line)).toEqual([2, 3]);
  });
});

describe("Signed-By", () => {
  const print = "0123456789ABCDEF0123456789abcdef01234567";
  const armored = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

  test.each<[value: string, understood: boolean]>([
    ["/k/a.gpg", true],
    [`${print} /k/a.gpg ${print}!`, true],
    [`${print},${print}`, true],
    ["a.gpg", false],
    [print.slice(1), false],
    [`${print}!!`, false],
    [`/k/a.gpg 0x${print}`, false],
    [armored, true],
  ])("%s", (value, understood) => {
    const stanza = `Types: deb\nURIs: http://mirror.example/d\nSuites: s\nComponents: main\nSigned-By: ${value}\n`;
    const line = `deb [signed-by=${value.replaceAll(" ", ",")}] http://mirror.example/d s main`;
    const parsed = [parseDeb822Sources(stanza, "x.sources"), parseOneLineSources(line, "x.list")];
    // A key has no place within a line.
    for (const { sources, diagnostics } of value.includes(armored) ? parsed.slice(0, 1) : parsed) {
      expect(sources).toHaveLength(understood ? 1 : 0);
      expect(diagnostics.map(({ message }) => message)).toEqual(
        understood ? [] : [expect.stringContaining("Signed-By")],
      );
    }
  });
});

describe("deb822 sources", () => {
  const text = `# main
Types: deb deb-src
URIs: http://mirror.example/debian/ http://second.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /k/a.gpg

Types: deb-src
URIs: http://mirror.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://off.example/debian
Suites: sid
Components: main
Enabled: no

Types: deb
URIs: http://third.example/debian
Suites: sid
Components: main
Check-Valid-Until: no
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abcd
 -----END PGP PUBLIC KEY BLOCK-----
`;

  test("binary entries that are enabled", () => {
    const { sources } = parseDeb822Sources(text, "debian.sources");
    expect(sources).toEqual([
      {
        uris: ["http://mirror.example/debian", "http://second.example/debian"],
        suites: ["bookworm", "bookworm-updates"],
        components: ["main"],
        signedBy: { files: ["/k/a.gpg"], fingerprints: [], armored: undefined },
        checkValidUntil: true,
        place: "debian.sources, entry 1",
      },
      {
        uris: ["http://third.example/debian"],
        suites: ["sid"],
        components: ["main"],
        signedBy: {
          files: [],
          fingerprints: [],
          armored: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcd\n-----END PGP PUBLIC KEY BLOCK-----",
        },
        checkValidUntil: false,
        place: "debian.sources, entry 4",
      },
    ]);
  });

  test("a broken file is a warning", () => {
    const { sources, diagnostics } = parseDeb822Sources("no stanza at all", "x.sources");
    expect(sources).toEqual([]);
    expect(diagnostics).toHaveLength(1);
  });
});

test.each<[string, string | undefined]>([
  ['Acquire::Check-Valid-Until "false";', "false"],
  ['acquire::check-valid-until "no";', "no"],
  ["Acquire::Check-Valid-Until false;", "false"],
  ['Acquire { Check-Valid-Until "false"; };', "false"],
  ['Acquire { http { Proxy "http://x//y"; }; Check-Valid-Until "0"; };', "0"],
  ['Acquire::Check-Valid-Until "false"; Acquire::Check-Valid-Until "true";', "true"],
  ['// Acquire::Check-Valid-Until "false";', undefined],
  ['/* Acquire::Check-Valid-Until "false"; */', undefined],
  ['Other { Check-Valid-Until "false"; };', undefined],
  ["", undefined],
])("apt.conf %j", (text, expected) => {
  expect(aptSetting(text, "Acquire::Check-Valid-Until")).toBe(expected);
});

const host = hostOf({
  "/etc/apt/sources.list":
    "deb http://third.example/tool stable main\ndeb https://fourth.example/linux/tool bookworm main\n",
  "/etc/apt/sources.list.d/debian.sources":
    "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k/debian.gpg\n\nTypes: deb\nURIs: http://security.example/debian-security\nSuites: bookworm-security\nComponents: main\n",
  "/etc/apt/sources.list.d/disabled.list.save": "deb http://old.example/debian bookworm main\n",
  "/k/debian.gpg": "the host's key",
  "/k/own.gpg": "the spec's key",
});

async function configurationOf(
  files: HostFiles,
  more: Partial<SourceConfiguration> = {},
): Promise<SourceConfiguration> {
  const apt = await readHostApt(files);
  return { hostSources: apt.sources, checkValidUntil: apt.checkValidUntil, files, ...more };
}

async function told(
  request: Partial<RepositoryRequest>,
  configuration: SourceConfiguration,
): Promise<string[]> {
  try {
    return archivesOf(
      { debian: "bookworm", components: ["main"], trusted: true, ...request },
      configuration,
    ).map((one) => `${one.name}: ${one.mirrors.join(" ")} ${one.suites.join(",")}`);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return [`${thrown.code}: ${thrown.why} / ${thrown.hint ?? ""}`];
  }
}

describe("archives", () => {
  const environment = { debian: "https://env.example/debian/" };
  const configurationFile = { debian: "https://config.example/debian" };

  test.each<
    [
      summary: string,
      request: Partial<RepositoryRequest>,
      more: Partial<SourceConfiguration>,
      expected: string[],
    ]
  >([
    [
      "the host's sources",
      {},
      {},
      [
        "debian: http://mirror.example/debian bookworm,bookworm-updates",
        "debian-security: http://security.example/debian-security bookworm-security",
      ],
    ],
    [
      "another release from the host's mirror",
      { debian: "trixie" },
      {},
      [
        "debian: http://mirror.example/debian trixie,trixie-updates",
        "debian-security: http://security.example/debian-security trixie-security",
      ],
    ],
    ["sid is one suite", { debian: "sid" }, {}, ["debian: http://mirror.example/debian sid"]],
    [
      "an alias",
      { debian: "stable" },
      { environment },
      [
        "debian: https://env.example/debian stable,stable-updates",
        "debian-security: https://env.example/debian-security stable-security",
      ],
    ],
    [
      "the environment before the host and the file",
      {},
      { environment, configurationFile },
      [
        "debian: https://env.example/debian bookworm,bookworm-updates",
        "debian-security: https://env.example/debian-security bookworm-security",
      ],
    ],
    [
      "the file before the host",
      { debian: "sid" },
      { configurationFile },
      ["debian: https://config.example/debian sid"],
    ],
    [
      "the spec before all",
      { debian: "sid", mirror: "https://spec.example/debian" },
      { environment, configurationFile },
      ["debian: https://spec.example/debian sid"],
    ],
    [
      "several mirrors",
      { debian: "sid" },
      { environment: { debian: "https://a.example/debian, https://b.example/debian" } },
      ["debian: https://a.example/debian https://b.example/debian sid"],
    ],
    [
      "a security mirror of its own",
      { mirror: "https://a.example/debian", securityMirror: "https://s.example/sec" },
      {},
      [
        "debian: https://a.example/debian bookworm,bookworm-updates",
        "debian-security: https://s.example/sec bookworm-security",
      ],
    ],
    ["suites by name", { suites: ["bookworm"] }, {}, ["debian: http://mirror.example/debian bookworm"]],
    [
      "suites of whatever name",
      { debian: "noble", suites: ["noble"], mirror: "https://u.example/other" },
      {},
      ["debian: https://u.example/other noble"],
    ],
    [
      "a snapshot",
      { mirror: "https://a.example/archive/debian/{snapshot}", snapshot: "20260101T000000Z" },
      {},
      [
        "debian: https://a.example/archive/debian/20260101T000000Z bookworm,bookworm-updates",
        "debian-security: https://a.example/archive/debian-security/20260101T000000Z bookworm-security",
      ],
    ],
    [
      "a snapshot that is appended",
      { debian: "sid", mirror: "https://a.example/debian", snapshot: "20260101T000000Z" },
      {},
      ["debian: https://a.example/debian/20260101T000000Z sid"],
    ],
    [
      "an unknown release",
      { debian: "bookwurm" },
      {},
      ["invalid-input: it is not the name of a Debian release / did you mean bookworm?"],
    ],
    [
      "a release unlike any",
      { debian: "jammy-jellyfish" },
      {},
      [expect.stringContaining("name one of bullseye, bookworm") as string],
    ],
    [
      "no mirror at all",
      {},
      { hostSources: [] },
      [expect.stringMatching(/^configuration: the spec names none.*DISTILL_DEBIAN_MIRROR/) as string],
    ],
  ])("%s", async (_, request, more, expected) => {
    expect(await told(request, await configurationOf(host, more))).toEqual(expected);
  });

  test("default suites", () => {
    expect(defaultSuites("bullseye")).toEqual(["bullseye", "bullseye-updates", "bullseye-security"]);
    expect(defaultSuites("sid")).toEqual(["sid"]);
  });
});

describe("trust", () => {
  const request: RepositoryRequest = { debian: "sid", components: ["main"], trusted: true };
  const distribution = { "/usr/share/keyrings/debian-archive-keyring.gpg": "the distribution's keys" };
  const folder = {
    "/etc/apt/trusted.gpg.d/a.asc": "key a",
    "/etc/apt/trusted.gpg.d/b.gpg": "key b",
    "/etc/apt/trusted.gpg.d/readme": "no key",
  };

  test.each<[string, Partial<RepositoryRequest>, HostFiles, readonly string[]]>([
    ["the spec's keyring", { keyring: "/k/own.gpg" }, host, ["the spec's key"]],
    ["Signed-By of the host's source", {}, host, ["the host's key"]],
    [
      "the distribution's keyring",
      { mirror: "https://a.example/debian" },
      hostOf(distribution),
      ["the distribution's keys"],
    ],
    ["the trusted folder", { mirror: "https://a.example/debian" }, hostOf(folder), ["key a", "key b"]],
  ])("%s", async (_, changes, files, expected) => {
    const [archive] = archivesOf({ ...request, ...changes }, await configurationOf(files));
    const parts = (await archive?.trust.keyring()) ?? [];
    expect(parts.map((one) => Buffer.from(one.content).toString())).toEqual(expected);
  });

  test.each<[string, Partial<RepositoryRequest>, RegExp]>([
    ["no keys anywhere", {}, /install debian-archive-keyring/],
    ["a keyring that isn't there", { keyring: "/k/none.gpg" }, /there is no such file/],
  ])("%s", async (_, changes, expected) => {
    const files = hostOf({});
    const [archive] = archivesOf(
      { ...request, mirror: "https://a.example/debian", ...changes },
      await configurationOf(files),
    );
    const thrown: unknown = await archive?.trust.keyring().catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ToolError);
    expect(thrown instanceof ToolError && `${thrown.code}: ${thrown.why} ${thrown.hint ?? ""}`).toMatch(
      expected,
    );
  });

  test.each<[string, Partial<RepositoryRequest>, Readonly<Record<string, string>>, boolean]>([
    ["is checked", {}, {}, true],
    [
      "is not where the host's apt does not",
      {},
      { "/etc/apt/apt.conf.d/99x": 'Acquire::Check-Valid-Until "false";' },
      false,
    ],
    ["is not for a snapshot", { snapshot: "20260101T000000Z" }, {}, false],
  ])("Valid-Until %s", async (_, changes, files, expected) => {
    const configuration = await configurationOf(hostOf(files));
    const [archive] = archivesOf(
      { ...request, mirror: "https://a.example/debian", ...changes },
      configuration,
    );
    expect(archive?.trust.checkValidUntil).toBe(expected);
  });

  test("only the spec can accept an unsigned archive", async () => {
    const files = hostOf({
      "/etc/apt/sources.list": "deb [trusted=yes] http://mirror.example/debian sid main\n",
    });
    const configuration = await configurationOf(files);
    expect(archivesOf(request, configuration)[0]?.trust.unsignedAccepted).toBe(false);
    expect(archivesOf({ ...request, trusted: false }, configuration)[0]?.trust.unsignedAccepted).toBe(true);
  });
});
