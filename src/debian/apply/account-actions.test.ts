import { describe, expect, test } from "vitest";
import { apply, change, type Given, type Kind, mkdir, script } from "../../../testing/applied-effects.ts";
import { directory, file } from "../../../testing/trees.ts";
import { dumpEntry } from "../../tree/dump.ts";
import type { Entry } from "../../tree/entry.ts";
import { path } from "../../tree/path.ts";
import type { EffectAction } from "../effects/effect.ts";

const user = (name: string, given: Partial<Kind<"user">> = {}): EffectAction => ({
  kind: "user",
  name,
  defaultGroup: "same-name",
  home: `/var/lib/${name}`,
  shell: "/usr/sbin/nologin",
  gecos: "",
  range: "adduser-system",
  createHome: false,
  ...given,
});

const nologin = "/usr/sbin/nologin";
const nobody = `nobody:x:65534:65534:nobody:/nonexistent:${nologin}`;
const rootLine = `root:x:0:0:root:/root:${nologin}`;

describe("accounts", () => {
  test.each<{ summary: string; given: Given; passwd: string[]; group: string[] }>([
    { summary: "none", given: { scripts: [] }, passwd: [], group: [] },
    {
      summary:
        "adduser counts up past the group users (100), useradd and sysusers down, ordinary ones from 1000",
      given: {
        scripts: script(
          user("a"),
          user("b"),
          user("c", { range: "useradd-system" }),
          user("d", { range: "useradd-system" }),
          user("e", { range: "ordinary" }),
        ),
      },
      passwd: [
        `a:x:101:101::/var/lib/a:${nologin}`,
        `b:x:102:102::/var/lib/b:${nologin}`,
        `d:x:998:998::/var/lib/d:${nologin}`,
        `c:x:999:999::/var/lib/c:${nologin}`,
        `e:x:1000:1000::/var/lib/e:${nologin}`,
      ],
      group: ["a:x:101:", "b:x:102:", "d:x:998:", "c:x:999:", "e:x:1000:"],
    },
    {
      summary: "the spec's come first, and packages find their names taken",
      given: {
        users: [{ name: "app", uid: 100, gid: 100, gecos: "app", home: "/srv", shell: nologin }],
        scripts: script(user("app", { uid: 7 }), user("other")),
      },
      passwd: [`app:x:100:100:app:/srv:${nologin}`, `other:x:101:101::/var/lib/other:${nologin}`],
      group: ["app:x:100:", "other:x:101:"],
    },
    {
      summary: "static ids of the distribution, only where they are used",
      given: {
        scripts: script(
          user("www-data"),
          change("/nothing", { group: "shadow" }),
          mkdir("/d", { user: "backup", group: "adm" }),
          { kind: "group", name: "tape", range: "adduser-system" },
        ),
      },
      passwd: [
        `www-data:x:33:33:www-data:/var/www:${nologin}`,
        `backup:x:34:34:backup:/var/backups:${nologin}`,
      ],
      group: ["adm:x:4:", "tape:x:26:"],
    },
    {
      summary: "groups: of another name, nogroup, users; members in order, each once",
      given: {
        scripts: script(
          { kind: "group", name: "ssl-cert", range: "adduser-system" },
          user("a", { group: "ssl-cert" }),
          user("b", { defaultGroup: "nogroup" }),
          user("c", { defaultGroup: "users" }),
          { kind: "membership", user: "b", group: "ssl-cert" },
          { kind: "membership", user: "a", group: "ssl-cert" },
          { kind: "membership", user: "a", group: "ssl-cert" },
          { kind: "membership", user: "a", group: "nosuch" },
        ),
      },
      passwd: [
        `a:x:102:101::/var/lib/a:${nologin}`,
        `b:x:103:65534::/var/lib/b:${nologin}`,
        `c:x:104:100::/var/lib/c:${nologin}`,
      ],
      group: [],
    },
    {
      summary: "a given id whose group is taken gets another group",
      given: {
        scripts: script(
          { kind: "group", name: "g", gid: 70, range: "adduser-system" },
          user("u", { uid: 70 }),
        ),
      },
      passwd: [`u:x:70:101::/var/lib/u:${nologin}`],
      group: ["g:x:70:", "u:x:101:"],
    },
    {
      summary: "usermod changes who is there, and nobody else",
      given: {
        scripts: script(
          user("a"),
          { kind: "user-change", name: "a", home: "/srv", gecos: "An a", group: "adm", shell: "/bin/sh" },
          { kind: "user-change", name: "nosuch", home: "/srv" },
        ),
        tree: [file("/bin/sh", "")],
      },
      passwd: ["a:x:101:4:An a:/srv:/bin/sh"],
      group: ["adm:x:4:", "a:x:101:"],
    },
    {
      summary: "a shell that the image lacks is none",
      given: { scripts: script(user("a", { shell: "/bin/bash" })) },
      passwd: [`a:x:101:101::/var/lib/a:${nologin}`],
      group: ["a:x:101:"],
    },
    {
      summary: "no field ends a line",
      given: { scripts: script(user("a", { gecos: "x\ny:x:0:0", home: "/h:0" })) },
      passwd: [`a:x:101:101:x y x 0 0:/h 0:${nologin}`],
      group: ["a:x:101:"],
    },
  ])("$summary", async ({ given, passwd, group }) => {
    const applied = await apply(given);
    const { passwd: lines } = applied;
    expect(lines).toEqual([rootLine, ...passwd, nobody]);
    if (group.length > 0) expect(applied.group).toEqual(["root:x:0:", ...group, "nogroup:x:65534:"]);
  });

  test("members are listed in order, each once", async () => {
    const scripts = script(
      user("b"),
      user("a"),
      ...["b", "a", "a"].map((name): EffectAction => ({ kind: "membership", user: name, group: "adm" })),
    );
    expect((await apply({ scripts })).group).toContain("adm:x:4:a,b");
  });

  test.each<[string, readonly Entry[], Record<string, string>]>([
    ["made with its parents, owned by the user", [], { "/var/lib/a": "directory 0755 101:101" }],
    [
      "one that is there stays as it is",
      [directory("/var/lib/a", { mode: 0o700 })],
      { "/var/lib/a": "directory 0700" },
    ],
  ])("the home folder: %s", async (_summary, tree, expected) => {
    const applied = await apply({ tree, scripts: script(user("a", { createHome: true })) });
    const entry = applied.tree.lookup(path("/var/lib/a"));
    expect(entry && { [entry.path]: dumpEntry(entry) }).toEqual(expected);
  });

  test("ids that are used up are an error, not a negative number", async () => {
    const scripts = script(
      ...Array.from({ length: 901 }, (_, index) => user(`u${index}`, { range: "useradd-system" })),
    );
    await expect(apply({ scripts })).rejects.toMatchObject({ code: "limit" });
  });
});
