import { describe, expect, test } from "vitest";
import { elfOf } from "../../testing/builders.ts";
import { goBuildInfo } from "../../testing/go-build-info.ts";
import { inMemory } from "../formats/random-access.ts";
import { factsOf } from "./facts.ts";

const capabilities = (bytes: Buffer): readonly string[] => factsOf(inMemory(bytes)).capabilities ?? [];

describe("capabilities", () => {
  test.each<[string, string[], string[]]>([
    ["execve", ["execve"], ["exec"]],
    ["posix_spawn and popen", ["posix_spawn", "popen"], ["exec"]],
    ["all", ["dlopen", "accept4", "connect", "system", "puts"], ["exec", "connect", "listen", "load"]],
    ["names that hold one", ["pa_stream_connect", "systemd_notify", "reaccept"], []],
    ["none", ["puts"], []],
  ])("imports: %s", (_, imports, expected) => {
    for (const wordClass of [32, 64] as const) {
      for (const order of ["little", "big"] as const)
        expect(capabilities(elfOf({ class: wordClass, order, imports }))).toEqual(expected);
    }
  });

  test("what a library defines is none", () => {
    expect(capabilities(elfOf({ soname: "libc.so.6", exports: ["execve", "connect"] }))).toEqual([]);
  });

  test("Go: functions that are linked in, not strings of other programs", () => {
    const functions = ["os/exec.(*Cmd).Start", "net.(*Dialer).DialContext"];
    const data = goBuildInfo({ version: "go1.22.1", path: "example.test/a" });
    expect(capabilities(elfOf({ static: true, type: "executable", strings: functions, data }))).toEqual([
      "exec",
      "connect",
    ]);
    expect(capabilities(elfOf({ static: true, type: "executable", strings: functions }))).toEqual([]);
  });
});
