// What a step is given: users, environment, hosts, limits, an emulator; and what it prints.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withFolder } from "../../../../../testing/layouts.ts";
import { InvalidInput } from "../../../../base/diagnostics.ts";
import type { Event } from "../../../../base/events.ts";
import { limits } from "../../../../base/limits.ts";
import { stepUser } from "./accounts.ts";
import { requirePlatform } from "./emulation.ts";
import { stepEnvironment } from "./environment.ts";
import { hostsFile, resolvFile } from "./network-files.ts";
import { stepLimits } from "./step-limits.ts";
import { harmless, stepOutput } from "./step-output.ts";

function ruleOf(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof InvalidInput) {
      const [one] = thrown.diagnostics;
      return `${one?.rule}: ${one?.hint}`;
    }
    throw thrown;
  }
  return "nothing is wrong";
}

describe("a user", () => {
  const files = {
    passwd:
      "root:x:0:0:root:/root:/bin/sh\n# a comment\napp:x:10:20::/srv/app:/x\nten:x:10:30::/other:/x\nbroken\n",
    group: "root:x:0:\nwheel:x:5:app,other\napps:x:20:\nmany:x:6:other,app\nbad:x:y:app\n",
  };

  test.each([
    ["", { uid: 0, gid: 0, groups: [0], home: "/root" }],
    ["app", { uid: 10, gid: 20, groups: [20, 5, 6], home: "/srv/app" }],
    // The first line of a number is its account.
    ["10", { uid: 10, gid: 20, groups: [20, 5, 6], home: "/srv/app" }],
    ["ten", { uid: 10, gid: 30, groups: [30], home: "/srv/app" }],
    ["app:wheel", { uid: 10, gid: 5, groups: [5], home: "/srv/app" }],
    ["app:77", { uid: 10, gid: 77, groups: [77], home: "/srv/app" }],
    ["1234", { uid: 1234, gid: 0, groups: [0], home: "/" }],
    ["1234:5678", { uid: 1234, gid: 5678, groups: [5678], home: "/" }],
    ["app:", { uid: 10, gid: 20, groups: [20, 5, 6], home: "/srv/app" }],
  ])("%j", (text, user) => {
    expect(stepUser(text, files, undefined)).toEqual(user);
  });

  test("without account files, numbers do", () => {
    expect(stepUser("", { passwd: "", group: "" }, undefined)).toEqual({
      uid: 0,
      gid: 0,
      groups: [0],
      home: "/",
    });
  });

  test.each([
    ["ap", 'unknown-user: did you mean "app"?'],
    ["nobody", "unknown-user: add it in a step before, or give a number"],
    ["99999999999", "unknown-user: add it in a step before, or give a number"],
    ["app:wheels", 'unknown-group: did you mean "wheel"?'],
    ["-1", "unknown-user: add it in a step before, or give a number"],
  ])("%j is refused", (text, rule) => {
    expect(ruleOf(() => stepUser(text, files, undefined))).toBe(rule);
  });
});

test("an environment has each name once, the last of it, and what BuildKit adds", () => {
  const parts = {
    env: [],
    proxies: new Map(),
    secrets: new Map(),
    certificates: new Map(),
    agent: undefined,
    home: "/h",
  };
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  expect(stepEnvironment(parts)).toEqual([path, "HOME=/h"]);
  expect(
    stepEnvironment({
      ...parts,
      env: ["A=1", "A=2=3", "nothing", "PATH=/x", "HOME=/own", "no_proxy=local", "B="],
      proxies: new Map([
        ["https_proxy", "http://p"],
        ["NO_PROXY", "given"],
      ]),
      secrets: new Map([["TOKEN", "t"]]),
      certificates: new Map([
        ["B", "not over what is set"],
        ["C", "c"],
      ]),
      agent: "/run/agent",
    }),
  ).toEqual([
    "A=2=3",
    "PATH=/x",
    "HOME=/own",
    "no_proxy=local",
    "B=",
    "HTTPS_PROXY=http://p",
    "https_proxy=http://p",
    "NO_PROXY=given",
    "C=c",
    "SSH_AUTH_SOCK=/run/agent",
    "TOKEN=t",
  ]);
});

test("hosts are the sandbox's own and those that were asked for", () => {
  expect(hostsFile("h", ["a=10.0.0.1", "b=[::2]", "gate=host-gateway"], undefined)).toBe(
    "127.0.0.1\tlocalhost h\n::1\tlocalhost ip6-localhost ip6-loopback\n10.0.0.1\ta\n::2\tb\n127.0.0.1\tgate\n",
  );
  for (const wrong of ["a", "=10.0.0.1", "a=10.0.0", "a b=10.0.0.1", "a=10.0.0.1\n1.2.3.4 b"]) {
    expect(ruleOf(() => hostsFile("h", [wrong], undefined))).toContain("invalid-extra-host");
  }
});

test("names are resolved as on the host, or not at all", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "resolv.conf");
    writeFileSync(file, "nameserver 127.0.0.53\n");
    expect(await resolvFile("host", file)).toBe("nameserver 127.0.0.53\n");
    expect(await resolvFile("none", file)).toBe("");
    expect(await resolvFile("host", join(folder, "absent"))).toBe("");
  });
});

test("limits", () => {
  expect(stepLimits(["nofile=10:20", "core=0", "nproc=5:-1", "cpu=-1"], undefined)).toEqual([
    { name: "nofile", soft: 10, hard: 20 },
    { name: "core", soft: 0, hard: 0 },
    { name: "nproc", soft: 5, hard: -1 },
    { name: "cpu", soft: -1, hard: -1 },
  ]);
  for (const wrong of ["nofile", "nofile=20:10", "nofile=-1:5", "nofile=x", "none=1", "nofile=1:2:3"]) {
    expect(ruleOf(() => stepLimits([wrong], undefined))).toContain("invalid-ulimit");
  }
  expect(ruleOf(() => stepLimits(["nofiles=1"], undefined))).toBe('invalid-ulimit: did you mean "nofile"?');
});

test("another processor needs an emulator that is there and stays open", async () => {
  await withFolder(async (folder) => {
    const formats = join(folder, "formats");
    mkdirSync(formats);
    const write = (name: string, text: string): void => writeFileSync(join(formats, name), text);
    await requirePlatform("linux/amd64", "x64", formats);
    await requirePlatform("linux/386", "x64", formats);
    await requirePlatform("linux/arm/v7", "arm64", formats);
    const refused = { code: "engine" };
    await expect(requirePlatform("linux/arm64", "x64", formats)).rejects.toMatchObject(refused);
    write("qemu-aarch64", "disabled\nflags: F\n");
    await expect(requirePlatform("linux/arm64", "x64", formats)).rejects.toMatchObject(refused);
    write("qemu-aarch64", "enabled\nflags: OC\n");
    await expect(requirePlatform("linux/arm64", "x64", formats)).rejects.toMatchObject(refused);
    write("qemu-aarch64", "enabled\ninterpreter /usr/bin/qemu\nflags: OCF\n");
    await requirePlatform("linux/arm64", "x64", formats);
  });
});

describe("output", () => {
  const printed = (
    ...chunks: readonly (string | Uint8Array)[]
  ): { lines: string[]; tail: readonly string[]; events: Event[] } => {
    const events: Event[] = [];
    const output = stepOutput({
      id: "1",
      name: "[s 1/2] RUN it",
      stage: "s",
      emit: (event) => events.push(event),
    });
    for (const chunk of chunks) output.stdout.write(chunk);
    output.finish();
    const lines = events.flatMap((event) => (event.type === "output" ? [event.text] : []));
    return { lines, tail: output.tail(), events };
  };

  test.each<[string, readonly (string | Uint8Array)[], readonly string[]]>([
    ["lines", ["a\nb\n"], ["a", "b"]],
    ["a line in pieces, the last without end", ["a", "b\nc", "d"], ["ab", "cd"]],
    ["ends of other systems, split", ["a\r", "\nb\r\n"], ["a", "b"]],
    ["a bar of progress", ["10%\r50%\r", "100%\n"], ["10%", "50%", "100%"]],
    ["a carriage return at the very end", ["a\r"], ["a"]],
    ["a character in pieces", [Buffer.from("é\n").subarray(0, 1), Buffer.from("é\n").subarray(1)], ["é"]],
    ["what is no text", [Buffer.from([0xff, 0x0a])], ["\ufffd"]],
    ["empty lines", ["\n\n"], ["", ""]],
    ["colours and titles", ["\u001b[1;31mred\u001b[0m \u001b]0;title\u001b\\x\n"], ["red x"]],
  ])("%s", (_summary, chunks, lines) => {
    expect(printed(...chunks).lines).toEqual(lines);
  });

  test("is bounded in the length of a line, in lines that are kept, and in all", () => {
    const long = printed("x".repeat(10 * limits.stepLineLengthMax), "y\n");
    const cut = `${"x".repeat(limits.stepLineLengthMax)} ... cut at ${limits.stepLineLengthMax} characters`;
    expect(long.lines).toEqual([cut]);
    expect(printed("x".repeat(2 * limits.stepLineLengthMax), "\ny").lines).toEqual([cut, "y"]);
    const whole = "x".repeat(limits.stepLineLengthMax);
    expect(printed(whole, "\r", "\n").lines).toEqual([whole]);
    const many = printed(...Array.from({ length: 100 }, (_, index) => `${index}\n`));
    expect(many.tail).toEqual(Array.from({ length: 20 }, (_, index) => String(index + 80)));
    const line = `${"z".repeat(limits.stepLineLengthMax - 1)}\n`;
    const count = limits.stepOutputLengthMax / limits.stepLineLengthMax;
    const all = printed(...Array.from({ length: count + 50 }, () => line));
    expect(all.lines.length).toBeLessThanOrEqual(count);
    expect(all.events.filter(({ type }) => type === "log")).toMatchObject([
      { message: expect.stringMatching(/^\[s 1\/2\] RUN it printed more than/) as string },
    ]);
  });

  test("nothing that a terminal obeys is left, whatever was printed", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0x9f)), (codes) => {
        const text = String.fromCharCode(...codes);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not be there
        expect(harmless(text)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
      }),
    );
    expect(harmless("\u001b]".repeat(1000))).toBe("");
  });
});
