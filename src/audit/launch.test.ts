import { expect, test } from "vitest";
import { launchOfImage } from "./launch.ts";

test("every name is a variable like others, and the last value of one counts", () => {
  const Env = ["__proto__=a", "constructor=b", "A=1", "A=2=3", "none", "=x"];
  const config = {
    architecture: "amd64",
    os: "linux",
    config: { Env },
    rootfs: { type: "layers", diff_ids: [] },
  } as const;
  const { env } = launchOfImage(config, {}, "amd64");
  expect(Object.entries(env)).toEqual([
    ["__proto__", "a"],
    ["constructor", "b"],
    ["A", "2=3"],
  ]);
  expect("toString" in env).toBe(false);
});
