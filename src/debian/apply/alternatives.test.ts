import { describe, expect, test } from "vitest";
import { apply, type Given, type Kind, script } from "../../../testing/applied-effects.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import { path } from "../../tree/path.ts";
import type { EffectAction } from "../effects/effect.ts";

const alternative = (
  program: string,
  priority: number,
  slaves: Kind<"alternative">["slaves"] = [],
): EffectAction => ({
  kind: "alternative",
  name: "awk",
  link: path("/usr/bin/awk"),
  path: path(program),
  priority,
  slaves,
});
const slave = { name: "nawk", link: path("/usr/bin/nawk"), path: path("/usr/bin/mawk") };
const toMawk = [alternative("/usr/bin/gawk", 5), alternative("/usr/bin/mawk", 10, [slave])];

describe("alternatives", () => {
  test.each<{ summary: string; given: Given; links: Readonly<Record<string, string | undefined>> }>([
    {
      summary: "the highest priority wins, and brings its slaves",
      given: { scripts: script(...toMawk) },
      links: { awk: "/usr/bin/mawk", nawk: "/usr/bin/mawk" },
    },
    {
      summary: "the loser's slaves don't come",
      given: { scripts: script(...toMawk, alternative("/usr/bin/original", 20)) },
      links: { awk: "/usr/bin/original", nawk: undefined },
    },
    {
      summary: "of equal ones the first",
      given: { scripts: script(alternative("/a", 5), alternative("/b", 5)) },
      links: { awk: "/a" },
    },
    {
      summary: "--set beats priorities",
      given: {
        scripts: script(...toMawk, { kind: "alternative-choice", name: "awk", path: path("/usr/bin/gawk") }),
      },
      links: { awk: "/usr/bin/gawk", nawk: undefined },
    },
    {
      summary: "the user's choice beats --set, by name",
      given: {
        scripts: script(...toMawk, { kind: "alternative-choice", name: "awk", path: path("/usr/bin/gawk") }),
        alternatives: { awk: "/usr/bin/mawk" },
      },
      links: { awk: "/usr/bin/mawk" },
    },
    {
      summary: "and by the link's path",
      given: { scripts: script(...toMawk), alternatives: { "/usr/bin/awk": "/usr/bin/gawk" } },
      links: { awk: "/usr/bin/gawk" },
    },
    {
      summary: "--set of what nobody installed is no choice",
      given: { scripts: script(...toMawk, { kind: "alternative-choice", name: "awk", path: path("/x") }) },
      links: { awk: "/usr/bin/mawk" },
    },
  ])("$summary", async ({ given, links }) => {
    const { tree, refusedChoices } = await apply(given);
    const placed = (at: string): string | undefined => {
      const entry = tree.lookup(path(at));
      return entry?.kind === "symlink" ? entry.target : undefined;
    };
    for (const [name, target] of Object.entries(links)) {
      expect(placed(`/etc/alternatives/${name}`)).toBe(target);
      expect(placed(`/usr/bin/${name}`)).toBe(target && `/etc/alternatives/${name}`);
    }
    expect(refusedChoices).toEqual([]);
  });

  test("a real file in the link's place stays; a link through a linked folder is placed behind it", async () => {
    const tree = [directory("/usr/bin"), symlink("/bin", "usr/bin"), file("/usr/bin/awk", "own")];
    const sh = {
      kind: "alternative",
      name: "sh",
      link: path("/bin/sh"),
      path: path("/usr/bin/dash"),
    } as const;
    const { tree: after } = await apply({
      tree,
      scripts: script(...toMawk, { ...sh, priority: 1, slaves: [] }),
    });
    expect([...after.walk()].map((entry) => `${entry.path} ${entry.kind}`)).toEqual([
      "/bin symlink",
      "/etc directory",
      "/etc/alternatives directory",
      "/etc/alternatives/nawk symlink",
      "/etc/alternatives/sh symlink",
      "/usr directory",
      "/usr/bin directory",
      "/usr/bin/awk file",
      "/usr/bin/nawk symlink",
      "/usr/bin/sh symlink",
    ]);
  });

  test("choices that no package offers are told", async () => {
    const alternatives = { awk: "/usr/bin/original-awk", akw: "/usr/bin/mawk" };
    const { refusedChoices } = await apply({ scripts: script(...toMawk), alternatives });
    expect(refusedChoices).toEqual([
      { name: "awk", wanted: "/usr/bin/original-awk", offered: ["/usr/bin/gawk", "/usr/bin/mawk"] },
      { name: "akw", wanted: "/usr/bin/mawk", offered: [] },
    ]);
  });
});
