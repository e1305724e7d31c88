import { describe, expect, test } from "vitest";
import { requireValue } from "../../base/diagnostics.ts";
import type { ImagePlan } from "../../graph/plan.ts";
import { lowerInit, lowerRun } from "./lower.ts";
import { parseSpec } from "./parse.ts";

const head = "apiVersion: distill/v1\nname: app\n";

function lower(text: string): { run: ImagePlan; init: ImagePlan | undefined } {
  const spec = requireValue(parseSpec(`${head}${text}`, "distill.yaml"));
  return { run: lowerRun(spec, "/project"), init: lowerInit(spec, "/project") };
}

/** Places aside, which the plan of a test does not need. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (name, member: unknown) => (name === "span" ? undefined : member)));

const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

describe("the run phase", () => {
  test("the least that there can be", () => {
    expect(plain(lower("run: {packages: [nginx], entrypoint: [/usr/sbin/nginx]}\n").run)).toMatchObject({
      name: "app",
      phase: "run",
      packages: [{ text: "nginx" }],
      additions: [],
      accounts: [],
      keep: [],
      drop: [],
      ignoredEffects: {},
      alternatives: {},
      config: { Env: [path], Entrypoint: ["/usr/sbin/nginx"], WorkingDir: "/" },
      content: "pruned",
    });
  });

  test("a config in full: units of the config, sorted sets", () => {
    const { run } = lower(`run:
  packages: [nginx]
  entrypoint: [/usr/sbin/nginx]
  command: [-g, "daemon off;"]
  env: {PATH: /bin, LANG: C.UTF-8}
  ports: [8443/udp, 80]
  volumes: [/b, /a]
  user: www-data
  working-dir: /srv
  stop-signal: SIGQUIT
  labels: {b: "2", a: "1"}
  healthcheck: {command: [/hc], interval: 30s, timeout: 1500ms, retries: 3}
`);
    expect(run.config).toEqual({
      User: "www-data",
      ExposedPorts: { "80/tcp": {}, "8443/udp": {} },
      Env: ["PATH=/bin", "LANG=C.UTF-8"],
      Entrypoint: ["/usr/sbin/nginx"],
      Cmd: ["-g", "daemon off;"],
      Volumes: { "/a": {}, "/b": {} },
      WorkingDir: "/srv",
      Labels: { a: "1", b: "2" },
      StopSignal: "SIGQUIT",
      Healthcheck: { Test: ["CMD", "/hc"], Interval: 30e9, Timeout: 1.5e9, Retries: 3 },
    });
  });

  test("folders come before copies, files after them, links last", () => {
    const { run } = lower(`run:
  entrypoint: [/a]
  links: {/l: t}
  files: {/f: {text: x, mode: 0640, owner: "1:2"}}
  copy: [{from: context, source: app, target: /a, mode: 0755}]
  directories: {/d: {owner: "1"}}
`);
    expect(plain(run.additions)).toEqual([
      { kind: "directory", path: "/d", mode: 0o755, owner: "1" },
      { kind: "copy", source: "app", target: "/a", mode: 0o755 },
      { kind: "file", path: "/f", text: "x", mode: 0o640, owner: "1:2" },
      { kind: "link", path: "/l", target: "t" },
    ]);
    expect(run.additions.map(({ span }) => span?.line)).toEqual([8, 7, 6, 5]);
  });

  test("a repository's keyring lies beside the spec", () => {
    const { run } = lower(
      "repositories: [{debian: bookworm, keyring: keys/own.gpg}]\nrun: {packages: [nginx], entrypoint: [/a]}\n",
    );
    expect(run.repositories.map(({ keyring }) => keyring)).toEqual(["/project/keys/own.gpg"]);
  });
});

describe("the init phase", () => {
  const run = `run:
  packages: [postgresql-15]
  entrypoint: [/usr/bin/postgres]
  user: postgres
  users: {postgres: {uid: 70}}
  env: {LANG: C.UTF-8}
  keep: [/usr/share/zoneinfo/**]
  files: {/etc/x: {text: x}}
  directories: {/var/lib/pg: {owner: postgres}}
  effects: {some: {ignore: why}}
`;

  test("is none where the spec has none, or takes an image", () => {
    expect(lower(run).init).toBeUndefined();
    expect(lower(`${run}init: {image: postgres, command: [/x]}\n`).init).toBeUndefined();
  });

  test("is whole, shares accounts, folders and declarations, keeps secrets out of its config", () => {
    const { init } = lower(`${run}init:
  packages: [postgresql-15, dash]
  command: [/usr/bin/initdb]
  env: {PGDATA: /data, PASSWORD: {secret: pg/password}}
  volumes: [/data]
`);
    expect(plain(init)).toMatchObject({
      phase: "init",
      packages: [{ text: "postgresql-15" }, { text: "dash" }],
      additions: [{ kind: "directory", path: "/var/lib/pg" }],
      accounts: [{ name: "postgres", uid: 70 }],
      keep: [],
      ignoredEffects: { some: "why" },
      content: "whole",
    });
    expect(init?.config).toEqual({
      User: "postgres",
      Env: [path, "LANG=C.UTF-8", "PGDATA=/data"],
      Cmd: ["/usr/bin/initdb"],
      Volumes: { "/data": {} },
      WorkingDir: "/",
    });
  });
});
