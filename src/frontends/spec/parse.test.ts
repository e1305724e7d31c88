import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../base/limits.ts";
import { decodeText } from "../../formats/document/decode.ts";
import { parseSpec } from "./parse.ts";
import type { Spec } from "./spec.ts";

const minimal = `apiVersion: distill/v1
name: app
run:
  packages: [nginx]
  entrypoint: [/usr/sbin/nginx]
`;

function parsed(text: string): Spec {
  const { value, diagnostics } = parseSpec(text, "distill.yaml");
  expect(diagnostics.filter((one) => one.severity === "error")).toEqual([]);
  if (value === undefined) throw new Error("no value without an error");
  return value;
}

/** Everything that a spec can say, once. */
const complete = `#syntax=registry.example.com/distill:1
apiVersion: distill/v1
name: postgres
platforms: [linux/amd64, linux/arm64]
repositories:
  - debian: bookworm
  - debian: sid
    suites: [sid]
    components: [main, contrib]
    mirror: https://mirror.example/debian
    security-mirror: https://mirror.example/debian-security
    snapshot: 20240131T000000Z
    keyring: keys/archive.gpg
    trusted: false
build:
  app:
    packages: [golang-go, ca-certificates]
    steps:
      - copy: {from: context, source: ., target: /src}
      - run: go build -o /out/my-app .
        cache: [/root/.cache/go-build]
        working-dir: /src
        env: {CGO_ENABLED: 0}
  other:
    image: golang:1.21.5-alpine
    steps:
      - run: [cp, -a, /etc/hostname, "3.10"]
init:
  packages: [postgresql-15]
  command: [docker-ensure-initdb.sh]
  env: {POSTGRES_PASSWORD: {secret: pg-admin/password}, LANG: C.UTF-8}
  volumes: [/var/lib/postgresql/data]
  user: 70:70
run:
  packages: [postgresql-15, "!debconf", libpq5=15.*]
  copy: [{from: app, source: /out/my-app, target: /usr/local/bin/my-app, mode: 0755, owner: postgres}]
  files: {/etc/app.conf: {text: "...", mode: 0o600}, /etc/other: {text: "3.10"}}
  keep: [/usr/share/zoneinfo/**]
  drop: [/usr/share/locale/**]
  users: {postgres: {uid: 70, home: /var/lib/postgresql}, app: {uid: 71, gid: 72, group: apps}}
  directories: {/var/run/postgresql: {owner: postgres, mode: 0775}, /srv: {}}
  links: {/usr/bin/app: ../local/bin/my-app}
  effects: {some-package: {ignore: not needed}}
  alternatives: {editor: /usr/bin/vi}
  user: postgres
  entrypoint: [/usr/lib/postgresql/15/bin/postgres]
  command: [-D, /var/lib/postgresql/data, -c, listen_addresses=*, -p, 5432]
  env: {LANG: C.UTF-8, PORT: 5432}
  working-dir: /srv
  ports: [5432, 53/udp]
  volumes: [/var/lib/postgresql/data]
  stop-signal: SIGINT
  healthcheck: {command: [/usr/bin/pg_isready], interval: 1m30s, timeout: 500ms, start-period: 1h, retries: 3}
  labels: {org.example.version: "15"}
test:
  - run: [/usr/lib/postgresql/15/bin/postgres, --version]
    stdout: {contains: "15."}
    stderr: {equals: ""}
    env: {A: b}
    stdin: "x"
    exit-code: 1
    timeout: 10s
    user: postgres
  - run: [/bin/x]
    stdout: {matches: "^x+$"}
  - absent: [/bin/sh]
  - present: [/usr/share/**]
`;

describe("a spec's values", () => {
  test("defaults are filled in", () => {
    const { file, name, platforms, repositories, build, init, run, tests } = parsed(minimal);
    expect({ file, name, platforms, repositories, build, init, tests }).toEqual({
      file: "distill.yaml",
      name: "app",
      platforms: [],
      repositories: [],
      build: {},
      init: undefined,
      tests: [],
    });
    expect(run).toMatchObject({
      files: [],
      users: [],
      command: [],
      env: {},
      ports: [],
      volumes: [],
      labels: {},
    });
    expect("user" in run || "workingDir" in run || "healthcheck" in run || "stopSignal" in run).toBe(false);
    expect(run.packages[0]?.span).toEqual({
      file: "distill.yaml",
      line: 4,
      column: 14,
      endLine: 4,
      endColumn: 19,
    });
  });

  test("every field arrives", () => {
    const spec = parsed(complete);
    expect(spec.platforms.map((one) => one.value.architecture)).toEqual(["amd64", "arm64"]);
    expect(spec.repositories[0]).toMatchObject({
      debian: { value: "bookworm" },
      components: ["main"],
      trusted: true,
    });
    expect(spec.repositories[1]).toMatchObject({
      suites: ["sid"],
      components: ["main", "contrib"],
      mirror: "https://mirror.example/debian",
      securityMirror: "https://mirror.example/debian-security",
      snapshot: "20240131T000000Z",
      keyring: "keys/archive.gpg",
      trusted: false,
    });
    expect(spec.build["app"]?.steps).toMatchObject([
      { copy: { from: "context", source: ".", target: "/src" } },
      {
        run: {
          argv: ["go build -o /out/my-app ."],
          shell: true,
          cache: ["/root/.cache/go-build"],
          workingDir: "/src",
          env: { CGO_ENABLED: "0" },
          network: "default",
          secrets: [],
        },
      },
    ]);
    expect(spec.build["other"]).toMatchObject({
      image: { value: "golang:1.21.5-alpine" },
      steps: [{ run: { argv: ["cp", "-a", "/etc/hostname", "3.10"], shell: false } }],
    });
    expect(spec.init).toMatchObject({
      command: ["docker-ensure-initdb.sh"],
      env: { POSTGRES_PASSWORD: { secret: "pg-admin/password" }, LANG: "C.UTF-8" },
      user: "70:70",
    });
    expect(spec.run).toMatchObject({
      packages: [{ value: "postgresql-15" }, { value: "!debconf" }, { value: "libpq5=15.*" }],
      copy: [{ from: "app", source: "/out/my-app", mode: 0o755, owner: "postgres" }],
      files: [
        { path: "/etc/app.conf", text: "...", mode: 0o600 },
        { path: "/etc/other", text: "3.10", mode: 0o644 },
      ],
      users: [
        { name: "postgres", uid: 70, gid: 70, group: "postgres", home: "/var/lib/postgresql" },
        { name: "app", uid: 71, gid: 72, group: "apps", home: "/nonexistent" },
      ],
      directories: [
        { path: "/var/run/postgresql", mode: 0o775, owner: "postgres" },
        { path: "/srv", mode: 0o755 },
      ],
      links: [{ path: "/usr/bin/app", target: "../local/bin/my-app" }],
      effects: [{ package: "some-package", ignore: "not needed" }],
      alternatives: { editor: "/usr/bin/vi" },
      user: { value: "postgres" },
      command: ["-D", "/var/lib/postgresql/data", "-c", "listen_addresses=*", "-p", "5432"],
      env: { LANG: "C.UTF-8", PORT: "5432" },
      workingDir: "/srv",
      ports: ["5432", "53/udp"],
      stopSignal: "SIGINT",
      healthcheck: { intervalMs: 90_000, timeoutMs: 500, startPeriodMs: 3_600_000, retries: 3 },
      labels: { "org.example.version": "15" },
    });
    expect(spec.tests).toMatchObject([
      {
        kind: "run",
        exitCode: 1,
        stdout: { contains: "15." },
        stderr: { equals: "" },
        env: { A: "b" },
        stdin: "x",
        timeoutMs: 10_000,
        user: "postgres",
      },
      { kind: "run", exitCode: 0, stdout: { matches: "^x+$" }, timeoutMs: 30_000 },
      { kind: "absent", globs: ["/bin/sh"] },
      { kind: "present", globs: ["/usr/share/**"] },
    ]);
  });

  test("aliases are followed", () => {
    const spec = parsed(`${minimal}  env: &e {A: "1"}\n  labels: *e\n`);
    expect(spec.run.labels).toEqual({ A: "1" });
  });

  test.each(["0644", '"0644"', "0o644", '"0o644"'])("the mode %s is 0644", (mode) => {
    const spec = parsed(`${minimal}  files: {/etc/x: {text: "", mode: ${mode}}}\n`);
    expect(spec.run.files[0]?.mode).toBe(0o644);
  });

  test("every example of the project is a valid spec", () => {
    const folder = join(import.meta.dirname, "../../../examples");
    const files = readdirSync(folder)
      .map((name) => join(folder, name, "distill.yaml"))
      .filter((file) => existsSync(file));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(parseSpec(readFileSync(file, "utf8"), file).diagnostics).toEqual([]);
  });
});

describe("a user who is not in users", () => {
  const withUser = (user: string): string[] =>
    parseSpec(`${minimal}  users: {nginx: {uid: 101}}\n  user: ${user}\n`, "x").diagnostics.map(
      ({ severity, rule, hint }) => `${severity} ${rule}: ${hint ?? ""}`,
    );

  test.each(["nginx", "nginx:www-data", "101", '"101:101"', "www-data", "nobody", "postgres"])(
    "%s may be one: declared, a number, of the base system, or brought by a package",
    (user) => expect(withUser(user)).toEqual([]),
  );

  test("one that looks like a slip is pointed out, and the spec is taken", () => {
    expect(withUser("ngnix")).toEqual(["warning unknown-user: did you mean nginx?"]);
    expect(parseSpec(`${minimal}  users: {nginx: {uid: 101}}\n  user: ngnix\n`, "x").value).toBeDefined();
  });
});

describe("what is hostile", () => {
  const rulesOf = (text: string): string[] => parseSpec(text, "x").diagnostics.map((one) => one.rule);
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    .concat(
      ["b", "c", "d", "e", "f", "g"].map(
        (name, at) => `${name}: &${name} [${`*${"abcdef"[at] ?? ""}, `.repeat(10)}]`,
      ),
    )
    .join("\n");

  test.each([
    ["an alias bomb", bomb],
    ["a value that holds itself", "a: &a [*a]"],
    ["a million open lists", "[".repeat(1_000_000)],
    ["a hundred thousand open maps", "{a: ".repeat(100_000)],
    ["lists in lists on one line", "- ".repeat(300_000)],
    ["keys of keys", "? ".repeat(300_000)],
    ["ever deeper blocks", Array.from({ length: 1200 }, (_, at) => `${" ".repeat(at)}a:`).join("\n")],
    ["a file that is too large", `a: ${"x".repeat(limits.specBytesMax)}`],
    ["more values than anyone needs", `a: [${"b,".repeat(limits.yamlNodesMax)}]`],
  ])("%s is refused by a limit", (_name, text) => {
    expect(rulesOf(text)).toContain("yaml-limit");
  });

  test("names of Object's own members are names like others", () => {
    const spec = parsed(`${minimal}  env: {constructor: a, __proto__: b, toString: c}\n`);
    expect(Object.entries(spec.run.env)).toEqual([
      ["constructor", "a"],
      ["__proto__", "b"],
      ["toString", "c"],
    ]);
    expect(rulesOf(`${minimal}  constructor: x\n`)).toEqual(["unknown-field"]);
  });

  test("whatever comes in, parsing returns", () => {
    const yamlish = fc.array(
      fc.constantFrom(
        ..."apiVersion: |run: |packages|- |  |\n|[|]|{|}|, |\"|'|*a|&a |!|~|0644|: |# |\t|---\n|x|\u0000|\ud800".split(
          "|",
        ),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(yamlish, (parts) => {
        const { value, diagnostics } = parseSpec(parts.join(""), "x");
        expect(value === undefined).toBe(diagnostics.some((one) => one.severity === "error"));
      }),
      { numRuns: 300 },
    );
  });

  test("a mistake anywhere in a valid spec keeps spans inside the file", () => {
    const lines = complete.split("\n");
    fc.assert(
      fc.property(
        fc.nat(complete.length),
        fc.constantFrom("", ":", "[", "\t", "- ", "x", '"'),
        (at, inserted) => {
          const text = complete.slice(0, at) + inserted + complete.slice(at + 1);
          const outside = parseSpec(text, "x").diagnostics.filter(
            ({ span }) =>
              span === undefined || span.line > lines.length + 1 || span.line < 1 || span.column < 1,
          );
          expect(outside).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("the encoding", () => {
  test("UTF-8 is read", () => {
    expect(decodeText(Buffer.from("name: ä\n"), "x").value).toBe("name: ä\n");
  });

  test("other bytes are refused where they are", () => {
    const bytes = Buffer.concat([Buffer.from("a: 1\nname: ä"), Buffer.from([0xe4, 0x0a])]);
    expect(decodeText(bytes, "x").diagnostics).toMatchObject([
      { rule: "yaml-encoding", span: { line: 2, column: 8 } },
    ]);
  });

  test("a byte order mark is refused", () => {
    expect(parseSpec(`\ufeff${minimal}`, "x").diagnostics).toMatchObject([{ rule: "yaml-encoding" }]);
  });
});
