// What a copy says of what it can't find or do.
import { describe, expect, test } from "vitest";
import { applyActions, refusalOf } from "../../../../testing/file-operations/apply.ts";
import { copyAction } from "../../../../testing/file-operations/case.ts";
import { type TreeLines, treeOfLines } from "../../../../testing/file-operations/lines.ts";
import { file } from "../../../../testing/trees.ts";
import type { CopyAction } from "../../../graph/operation.ts";
import { treeOf } from "../../../tree/memory-tree.ts";
import type { FileSettings } from "./apply.ts";

describe("what is missing or unknown", () => {
  const source: TreeLines = {
    "/src/main.go": "file 0644",
    "/src/util/help.go": "file 0644",
    "/Makefile": "file 0644",
  };
  const accounts: TreeLines = {
    "/etc/passwd": "file 0644 root:x:0:0::/:\nnginx:x:101:102::/:",
    "/etc/group": "file 0644 staff:x:50:",
  };
  const copy = async (action: Partial<CopyAction>, more: Partial<FileSettings> = {}): Promise<unknown> =>
    applyActions(
      [copyAction({ source: "Makefile", target: "/d/", ...action })],
      [await treeOfLines(accounts), await treeOfLines(source)],
      more,
    );

  test.each<[Partial<CopyAction>, string]>([
    [{ source: "makefile" }, 'file-absent | no such file or folder: "makefile" | did you mean "Makefile"?'],
    [{ source: "scr/main.go" }, 'no such file or folder: "scr/main.go" | did you mean "src/main.go"?'],
    [{ source: "main.go" }, 'did you mean "src/main.go"?'],
    [{ source: "src/util/halp.go" }, 'did you mean "src/util/help.go"?'],
    [{ source: "build/output.bin" }, 'file-absent | no such file or folder: "build/output.bin"'],
    [{ source: "*.txt", allowEmptyWildcard: false }, 'no such file or folder: "*.txt"'],
    [{ source: `${"x/".repeat(300)}y` }, "file-absent"],
    [
      { owner: { user: "ngnix" } },
      'file-owner | unknown user "ngnix": /etc/passwd has no such name | did you mean "nginx"?',
    ],
    [
      { owner: { user: "nginx", group: "stuff" } },
      'unknown group "stuff": /etc/group has no such name | did you mean "staff"?',
    ],
    [{ mode: "u=rwz" }, 'file-mode | not a mode: "u=rwz"'],
    [{ mode: "888" }, "file-mode"],
    [{ exclude: ["["] }, 'file-pattern | not a pattern: "["'],
    [{ source: "src[" }, 'file-pattern | not a pattern: "src["'],
  ])("%j", async (action, refusal) => {
    expect(await refusalOf(copy(action))).toContain(refusal);
  });

  test("a name where there are no accounts", async () => {
    const work = applyActions(
      [copyAction({ source: "a", target: "/", owner: { user: "app" } })],
      [treeOf([]), treeOf([file("/a")])],
    );
    expect(await refusalOf(work)).toContain(
      'unknown user "app": there is no /etc/passwd | a number needs no account',
    );
  });

  test("a number that is written as a text", async () => {
    const entries = await applyActions(
      [copyAction({ source: "a", target: "/", owner: { user: "12", group: "13" } })],
      [treeOf([]), treeOf([file("/a")])],
    );
    expect(entries).toMatchObject([{ uid: 12, gid: 13 }]);
  });

  test("what the context leaves out is explained", async () => {
    const explainAbsent = (input: number, path: string): Promise<string> =>
      Promise.resolve(`${input} leaves out ${path}`);
    expect(await refusalOf(copy({ source: "main.og" }, { explainAbsent }))).toContain(
      "| 1 leaves out /main.og",
    );
  });

  test("a name that means something else in a layer", async () => {
    const tree = treeOf([file("/s/.wh.a")]);
    expect(
      await refusalOf(applyActions([copyAction({ source: "s", target: "/" })], [treeOf([]), tree])),
    ).toContain('"/.wh.a" can\'t be in an image');
  });

  test("a path that is too long or too deep", async () => {
    const deep = treeOf([file(`/s/${"d/".repeat(200)}f`)]);
    const into = `/${"e/".repeat(100)}`;
    await expect(
      applyActions([copyAction({ source: "s", target: into })], [treeOf([]), deep]),
    ).rejects.toMatchObject({ code: "limit" });
    const long = treeOf([file(`/s/${"x".repeat(3000)}`)]);
    await expect(
      applyActions([copyAction({ source: "s", target: `/${"y".repeat(2000)}/` })], [treeOf([]), long]),
    ).rejects.toMatchObject({ code: "limit" });
  });

  test("an interrupt", async () => {
    const signal = AbortSignal.abort(new Error("stopped"));
    await expect(
      applyActions([{ kind: "mkdir", path: "/a", mode: 0o755, parents: true }], [treeOf([])], { signal }),
    ).rejects.toThrow("stopped");
  });
});
