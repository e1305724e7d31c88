import { describe } from "vitest";
import { asks, type Case, expectChanges, write } from "../../../testing/applied-effects.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import type { Condition } from "../effects/effect.ts";

describe("conditions", () => {
  const made = { "/made": 'file 0644 ""' };
  const probe = (summary: string, when: readonly Condition[], changed: Case["changed"]): Case => {
    const tree = [
      file("/f", "x", { mode: 0o755, uid: 33, gid: 4 }),
      file("/empty"),
      directory("/d"),
      symlink("/l", "f"),
      symlink("/dangling", "nothing"),
    ];
    return { summary, tree, scripts: [{ when, does: [write("/made", "")] }], changed };
  };
  expectChanges([
    probe("exists", [asks("exists", "/f"), asks("exists", "/nothing", false)], made),
    probe("exists follows links", [asks("exists", "/l"), asks("exists", "/dangling", false)], made),
    probe("file", [asks("file", "/l"), asks("file", "/d", false)], made),
    probe("directory", [asks("directory", "/d"), asks("directory", "/f", false)], made),
    probe("symlink", [asks("symlink", "/dangling"), asks("symlink", "/f", false)], made),
    probe("executable", [asks("executable", "/f"), asks("executable", "/empty", false)], made),
    probe("non-empty", [asks("non-empty", "/f"), asks("non-empty", "/empty", false)], made),
    probe(
      "owners",
      [
        { ...asks("owned-by-user", "/f"), account: "www-data" },
        { ...asks("owned-by-group", "/f"), account: "adm" },
        asks("owned-by-user", "/f", false),
        { ...asks("owned-by-user", "/nothing", false), account: "www-data" },
      ],
      made,
    ),
    probe("all have to hold", [asks("exists", "/f"), asks("exists", "/nothing")], {}),
    {
      summary: "answered before the package's own first effect",
      scripts: [
        { does: [write("/a", "")] },
        { when: [asks("exists", "/a")], does: [write("/b", "")] },
        { when: [asks("exists", "/a", false)], does: [write("/c", "")] },
      ],
      changed: { "/a": 'file 0644 ""', "/c": 'file 0644 ""' },
    },
    {
      summary: "answered after the effects of packages before",
      scripts: [
        { package: "first:amd64", does: [write("/a", "")] },
        { when: [asks("exists", "/a")], does: [write("/b", "")] },
      ],
      changed: { "/a": 'file 0644 ""', "/b": 'file 0644 ""' },
    },
  ]);
});
