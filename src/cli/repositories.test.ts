import { describe, expect, test } from "vitest";
import { planOf } from "../../testing/phases.ts";
import type { HostFiles } from "../debian/host-apt.ts";
import type { ImagePlan } from "../graph/plan.ts";
import { findArchives } from "./repositories.ts";

/** A machine with these files. */
function machine(files: Readonly<Record<string, string>>): HostFiles {
  return {
    read: (path) => Promise.resolve(files[path] === undefined ? undefined : Buffer.from(files[path])),
    list: (folder) =>
      Promise.resolve(
        Object.keys(files)
          .filter((name) => name.startsWith(`${folder}/`))
          .map((name) => name.slice(folder.length + 1))
          .sort(),
      ),
  };
}

function plan(repository: Partial<ImagePlan["repositories"][number]> = {}): ImagePlan {
  const request = { debian: "bookworm", components: ["main"], trusted: true, ...repository };
  return planOf({ packages: [{ text: "app" }], repositories: [request] });
}

const apt = { "/etc/apt/sources.list": "deb https://apt.example/debian bookworm main\n" };
const system = { "/etc/distill/config.yaml": "debian: {mirror: https://system.example/debian}\n" };
const home = { "/users/me/.config/distill/config.yaml": "debian: {mirror: https://home.example/debian}\n" };
const xdg = {
  "/xdg/distill/config.yaml":
    "debian:\n  mirror: https://xdg.example/debian\n  security-mirror: https://xdg.example/sec\n",
};
const env = { HOME: "/users/me", DISTILL_DEBIAN_MIRROR: "https://env.example/debian" };

describe("which mirror is taken", () => {
  test.each<{
    summary: string;
    files: Readonly<Record<string, string>>;
    env?: Readonly<Record<string, string>>;
    repository?: Partial<ImagePlan["repositories"][number]>;
    mirrors: readonly string[];
  }>([
    {
      summary: "the machine's apt sources",
      files: apt,
      mirrors: ["https://apt.example/debian", "https://apt.example/debian-security"],
    },
    {
      summary: "before them the machine's configuration",
      files: { ...apt, ...system },
      mirrors: ["https://system.example/debian", "https://system.example/debian-security"],
    },
    {
      summary: "before that the user's",
      files: { ...apt, ...system, ...home },
      env: { HOME: "/users/me" },
      mirrors: ["https://home.example/debian", "https://home.example/debian-security"],
    },
    {
      summary: "in XDG_CONFIG_HOME where that is set",
      files: { ...home, ...xdg },
      env: { HOME: "/users/me", XDG_CONFIG_HOME: "/xdg" },
      mirrors: ["https://xdg.example/debian", "https://xdg.example/sec"],
    },
    {
      summary: "an empty XDG_CONFIG_HOME is none",
      files: home,
      env: { HOME: "/users/me", XDG_CONFIG_HOME: "" },
      mirrors: ["https://home.example/debian", "https://home.example/debian-security"],
    },
    {
      summary: "before both the environment's",
      files: { ...apt, ...home },
      env,
      mirrors: ["https://env.example/debian", "https://env.example/debian-security"],
    },
    {
      summary: "with its own security mirror",
      files: {},
      env: { ...env, DISTILL_DEBIAN_SECURITY_MIRROR: "https://env.example/sec" },
      mirrors: ["https://env.example/debian", "https://env.example/sec"],
    },
    {
      summary: "before all the spec's",
      files: { ...apt, ...home },
      env,
      repository: { mirror: "https://spec.example/debian" },
      mirrors: ["https://spec.example/debian", "https://spec.example/debian-security"],
    },
    {
      summary: "an empty configuration says nothing",
      files: { ...apt, "/etc/distill/config.yaml": "# nothing\n" },
      mirrors: ["https://apt.example/debian", "https://apt.example/debian-security"],
    },
  ])("$summary", async ({ files, env: environment = {}, repository, mirrors }) => {
    const archives = await findArchives({ env: environment }, [plan(repository)], machine(files));
    expect(archives.flatMap((archive) => archive.mirrors)).toEqual(mirrors);
  });
});

test("a plan without packages needs no mirror", async () => {
  expect(await findArchives({ env: {} }, [planOf()], machine({}))).toEqual([]);
});

describe("what is refused", () => {
  const config = (text: string): Readonly<Record<string, string>> => ({ "/etc/distill/config.yaml": text });

  test.each<{
    summary: string;
    files: Readonly<Record<string, string>>;
    env?: Record<string, string>;
    says: RegExp;
  }>([
    { summary: "no mirror at all", files: {}, says: /finding a mirror for bookworm/ },
    {
      summary: "a configuration that is no YAML",
      files: config("debian: ["),
      says: /reading \/etc\/distill\/config\.yaml/,
    },
    { summary: "a list", files: config("[a]"), says: /is no map/ },
    {
      summary: "a misspelt name",
      files: config("debain: {mirror: https://a.example}"),
      says: /it has no "debain"/,
    },
    {
      summary: "a misspelt name below",
      files: config("debian: {miror: https://a.example}"),
      says: /it has no "miror"/,
    },
    { summary: "a mirror that is no text", files: config("debian: {mirror: 5}"), says: /are URLs/ },
    {
      summary: "a security mirror alone",
      files: config("debian: {security-mirror: https://a.example}"),
      says: /the first is required/,
    },
    {
      summary: "an anchor",
      files: config("debian: &a {mirror: https://a.example}\nx: *a"),
      says: /config\.yaml/,
    },
    {
      summary: "a security mirror alone in the environment",
      files: apt,
      env: { DISTILL_DEBIAN_SECURITY_MIRROR: "https://a.example" },
      says: /is set without DISTILL_DEBIAN_MIRROR/,
    },
  ])("$summary", async ({ files, env: environment = {}, says }) => {
    const finding = findArchives({ env: environment }, [plan()], machine(files));
    await expect(finding).rejects.toThrow(says);
    await expect(finding).rejects.toMatchObject({ code: "configuration" });
  });
});
