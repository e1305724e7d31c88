import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { factsOfEntry, launch, program, recognised, script } from "../../../testing/closures.ts";
import { traced } from "../../../testing/startup-traces.ts";
import { file, symlink } from "../../../testing/trees.ts";
import { limits } from "../../base/limits.ts";
import type { Launch } from "../../closure/closure.ts";
import type { Entry } from "../../tree/entry.ts";
import { treeOf } from "../../tree/memory-tree.ts";
import { maskerOf, unmasked } from "../config-secrets/masking.ts";
import { traceStartup } from "./trace.ts";

const sh = recognised("shell", "dash", "/bin/sh");
const bash = recognised("shell", "bash", "/bin/bash");
const env = program("/usr/bin/env");

describe("what the engine starts", () => {
  test.each<{ summary: string; entries: Entry[]; given: Partial<Launch>; steps: string[] }>([
    { summary: "nothing", entries: [], given: {}, steps: [] },
    {
      summary: "a program by its path, with the command as arguments",
      entries: [program("/app/p")],
      given: { entrypoint: ["/app/p"], command: ["--port", "80 80"] },
      steps: ["entrypoint program /app/p /app/p --port '80 80'"],
    },
    {
      summary: "a command alone, by PATH, through links",
      entries: [program("/opt/real"), symlink("/usr/bin/p", "/opt/real")],
      given: { command: ["p"] },
      steps: ["command program /opt/real p"],
    },
    {
      summary: "relative to the working directory",
      entries: [program("/srv/run")],
      given: { entrypoint: ["./run"], workingDir: "/srv" },
      steps: ["entrypoint program /srv/run ./run"],
    },
    {
      summary: "a program that is not executable is skipped on the PATH",
      entries: [file("/a/p"), program("/b/p")],
      given: { entrypoint: ["p"], env: { PATH: "/a:/b" } },
      steps: ["entrypoint program /b/p p"],
    },
    {
      summary: "a program that isn't there",
      entries: [file("/app/p")],
      given: { entrypoint: ["/app/p"] },
      steps: ["entrypoint missing - /app/p"],
    },
    {
      summary: "an empty word",
      entries: [],
      given: { entrypoint: [""] },
      steps: ["entrypoint missing - ''"],
    },
    {
      summary: "shell form",
      entries: [sh, program("/app/p")],
      given: { entrypoint: ["/bin/sh", "-c", "exec /app/p $OPTIONS"] },
      steps: [
        "entrypoint shell /bin/sh /bin/sh -c 'exec /app/p $OPTIONS'",
        "entrypoint program /app/p exec /app/p $OPTIONS",
      ],
    },
    {
      summary: "shell form without a shell",
      entries: [program("/app/p")],
      given: { entrypoint: ["/bin/sh", "-c", "/app/p"] },
      steps: ["entrypoint shell - /bin/sh -c /app/p", "entrypoint program /app/p /app/p"],
    },
    {
      summary: "the arguments of a command line",
      entries: [sh, program("/app/p")],
      given: { entrypoint: ["sh", "-ec", 'exec "$@"', "x"], command: ["/app/p", "-v"] },
      steps: [
        `entrypoint shell /bin/sh sh -ec 'exec "$@"' x /app/p -v`,
        'entrypoint program /app/p exec "$@"',
      ],
    },
    {
      summary: "BusyBox by an applet's name, and before one",
      entries: [recognised("multi-call", "busybox", "/bin/busybox"), symlink("/bin/sh", "busybox")],
      given: { entrypoint: ["sh", "-c", "busybox ash -c 'busybox ls'"] },
      steps: [
        `entrypoint shell /bin/busybox sh -c 'busybox ash -c '\\''busybox ls'\\'''`,
        "entrypoint shell /bin/busybox busybox ash -c 'busybox ls'",
        "entrypoint program /bin/busybox busybox ls",
      ],
    },
    {
      summary: "a shell under another name, by its content",
      entries: [recognised("shell", "bash", "/opt/server")],
      given: { entrypoint: ["/opt/server"] },
      steps: ["entrypoint shell /opt/server /opt/server"],
    },
    {
      summary: "no shell under a shell's name",
      entries: [recognised("interpreter", "python", "/bin/sh")],
      given: { entrypoint: ["/bin/sh", "-c", "x"] },
      steps: ["entrypoint program /bin/sh /bin/sh -c x"],
    },
    ...[
      "tini -g -- /app/p",
      "dumb-init /app/p",
      "env A=1 /app/p",
      "gosu u:g /app/p",
      "catatonit -- /app/p",
      "nice -n 5 /app/p",
      "timeout -k 5 --signal=TERM 1m /app/p",
      "setsid -w /app/p",
    ].map((line) => ({
      summary: `a wrapper: ${line}`,
      entries: [program(`/bin/${line.split(" ")[0] ?? ""}`), program("/app/p")],
      given: { entrypoint: line.split(" ") },
      steps: [
        `entrypoint program /bin/${line.split(" ")[0] ?? ""} ${line}`,
        "entrypoint program /app/p /app/p",
      ],
    })),
    {
      summary: "a wrapper before shell form",
      entries: [program("/sbin/tini"), sh],
      given: { entrypoint: ["tini", "--", "sh", "-c", "true"] },
      steps: [
        "entrypoint program /sbin/tini tini -- sh -c true",
        "entrypoint shell /bin/sh sh -c true",
        "entrypoint builtin - true",
      ],
    },
    {
      summary: "an interpreter with its program is one command",
      entries: [recognised("interpreter", "java", "/usr/bin/java")],
      given: { entrypoint: ["java", "-jar", "/app.jar"] },
      steps: ["entrypoint program /usr/bin/java java -jar /app.jar"],
    },
    {
      summary: "python -m",
      entries: [recognised("interpreter", "python", "/usr/bin/python3")],
      given: { command: ["python3", "-m", "http.server"] },
      steps: ["command program /usr/bin/python3 python3 -m http.server"],
    },
    {
      summary: "a script for another interpreter, by env",
      entries: [
        env,
        recognised("interpreter", "python", "/usr/bin/python3"),
        script("/app/m", "/usr/bin/env python3"),
      ],
      given: { entrypoint: ["/app/m"] },
      steps: ["entrypoint script /app/m /app/m", "/app/m:1 program /usr/bin/python3 #!/usr/bin/env python3"],
    },
    {
      summary: "a script whose interpreter isn't there",
      entries: [script("/app/m", "/usr/bin/perl -w")],
      given: { entrypoint: ["/app/m"] },
      steps: ["entrypoint script /app/m /app/m", "/app/m:1 missing - #!/usr/bin/perl -w"],
    },
    {
      summary: "checks of health: a program, a shell's command line, none",
      entries: [program("/app/p"), sh, program("/usr/bin/curl")],
      given: { entrypoint: ["/app/p"], healthcheck: ["CMD-SHELL", "curl -f localhost || exit 1"] },
      steps: [
        "entrypoint program /app/p /app/p",
        "healthcheck shell /bin/sh /bin/sh -c 'curl -f localhost || exit 1'",
        "healthcheck program /usr/bin/curl curl -f localhost",
        "healthcheck builtin - exit 1",
      ],
    },
    {
      summary: "a health check in list form",
      entries: [program("/app/p")],
      given: { healthcheck: ["CMD", "/app/p", "health"] },
      steps: ["healthcheck program /app/p /app/p health"],
    },
    { summary: "no health check", entries: [sh], given: { healthcheck: ["NONE"] }, steps: [] },
    {
      summary: "csh has a grammar of its own",
      entries: [recognised("shell", "tcsh", "/bin/tcsh")],
      given: { entrypoint: ["/bin/tcsh", "-c", "setenv A b; foreach x (1 2)"] },
      steps: ["entrypoint shell /bin/tcsh /bin/tcsh -c 'setenv A b; foreach x (1 2)'"],
    },
    {
      summary: "a command line that is none",
      entries: [sh],
      given: { entrypoint: ["sh", "-c", "if then"] },
      steps: [
        "entrypoint shell /bin/sh sh -c 'if then'",
        "entrypoint dynamic - (a script that no shell's grammar fits)",
      ],
    },
  ])("$summary", ({ entries, given, steps }) => {
    expect(traced(entries, given)).toEqual({ steps, wanted: [] });
  });
});

describe("bounds", () => {
  const all = [sh, bash, program("/app/p")];

  test.each<{ summary: string; given: Partial<Launch>; texts?: Record<string, string> }>([
    {
      summary: "a command line that starts itself twice",
      given: {
        entrypoint: [
          "sh",
          "-c",
          '"$@"; "$@"; "$@"',
          "x",
          ...Array.from({ length: 60 }, () => ["sh", "-c", '"$@"; "$@"; "$@"', "x"]).flat(),
        ],
      },
    },
    {
      summary: "arguments that double",
      given: {
        entrypoint: [
          "sh",
          "-c",
          '"$@" "$@" "$@" "$@"',
          "x",
          ...Array.from({ length: 60 }, () => ["sh", "-c", '"$@" "$@" "$@" "$@"', "x"]).flat(),
        ],
      },
    },
    { summary: "many wrappers", given: { entrypoint: Array.from({ length: 5000 }, () => "nice") } },
    { summary: "many prefixes", given: { entrypoint: ["sh", "-c", "exec ".repeat(20_000)] } },
    { summary: "many commands", given: { entrypoint: ["sh", "-c", "p;".repeat(20_000)] } },
    {
      summary: "a long command line",
      given: { entrypoint: ["sh", "-c", `${" ".repeat(limits.startupScriptBytesMax)}p`] },
    },
    {
      summary: "eval in eval",
      given: {
        entrypoint: [
          "sh",
          "-c",
          Array.from({ length: 12 }).reduce<string>((text) => `eval '${text.replaceAll("'", `'\\''`)}'`, "p"),
        ],
      },
    },
    {
      summary: "a long PATH",
      given: { entrypoint: ["sh", "-c", "q;".repeat(1000)], env: { PATH: `${"/x:".repeat(40_000)}/bin` } },
    },
    { summary: "a name like a folder's", given: { entrypoint: ["sh", "-c", `x /${"init".repeat(60_000)}`] } },
    { summary: "brackets", given: { entrypoint: ["sh", "-c", "[".repeat(200_000)] } },
  ])("$summary", ({ given }) => {
    const { steps } = traced(all, given);
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.length).toBeLessThanOrEqual(limits.startupStepsMax);
    for (const one of steps) expect(one.length).toBeLessThan(200);
  });

  test("scripts that call each other are told once", () => {
    const entries = [sh, script("/a", "/bin/sh"), script("/b", "/bin/sh")];
    const { steps } = traced(
      entries,
      { entrypoint: ["/a"] },
      { "/a": "#!/bin/sh\n/b\n/a\n", "/b": "#!/bin/sh\n. /a\n" },
    );
    expect(steps).toEqual([
      "entrypoint script /a /a",
      "/a:1 shell /bin/sh #!/bin/sh",
      "/a:2 script /b /b",
      "/b:1 shell /bin/sh #!/bin/sh",
      "/b:2 builtin /a . /a",
      "/a:3 script /a /a",
    ]);
  });

  test("whatever stands there, it is followed without a throw", () => {
    const words = fc.array(
      fc.oneof(
        fc.constantFrom(
          "sh",
          "/bin/bash",
          "-c",
          "--",
          "-",
          "env",
          "exec",
          "npm",
          "start",
          "/a",
          "/b",
          "",
          "$@",
        ),
        fc.string(),
      ),
      { maxLength: 8 },
    );
    const text = fc.array(
      fc.constantFrom(
        '"$@"',
        "$x",
        "exec",
        "eval",
        "'",
        "|",
        ";",
        "\n",
        ". /b",
        "trap",
        "(",
        ")",
        "f() {",
        "}",
        "sh -c",
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(words, words, text, text, (entrypoint, healthcheck, a, b) => {
        const entries = [sh, bash, script("/a", "/bin/sh"), script("/b", "/usr/bin/env -S bash -e"), env];
        const found = traced(entries, { entrypoint, healthcheck }, { "/a": a.join(" "), "/b": b.join(" ") });
        expect(found.steps.length).toBeLessThanOrEqual(limits.startupStepsMax);
      }),
      { numRuns: 500 },
    );
  });
});

test("what is masked is followed by what it really is", () => {
  const env = { START_SECRET: "runme9" };
  const masker = maskerOf({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [] },
    config: { Env: ["START_SECRET=runme9"] },
  });
  const start = launch({ entrypoint: ["sh", "-c", 'sh -c "$START_SECRET --token swordfish"'], env });
  const input = {
    tree: treeOf([sh, program("/bin/runme9")]),
    facts: factsOfEntry,
    launch: start,
    texts: new Map(),
  };
  const { steps } = traceStartup(input, masker);
  expect(steps.map((one) => `${one.kind} ${one.path ?? "-"} ${one.command}`)).toEqual([
    `shell /bin/sh sh -c 'sh -c "$START_SECRET --token ***"'`,
    'shell /bin/sh sh -c "$START_SECRET --token ***"',
    "program /bin/runme9 *** --token ***",
  ]);
  expect(traceStartup(input, unmasked).steps.map((one) => one.path)).toEqual(steps.map((one) => one.path));
});
