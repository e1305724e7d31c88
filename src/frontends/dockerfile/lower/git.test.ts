import { expect, test } from "vitest";
import { type GitSource, gitSource } from "./git.ts";
import { Mistake } from "./mistake.ts";

const span = { file: "f", line: 1, column: 1, endLine: 1, endColumn: 2 };

test.each<[string, GitSource | undefined]>([
  ["folder/repo.git", undefined],
  ["./.git", undefined],
  ["github.com/a/b", undefined],
  ["https://host.test/a", undefined],
  ["https://host.test/a.git/", undefined],
  ["https://host.test/a.git.b", undefined],
  ["ftp://host.test/a.git", undefined],
  ["C:\\a", undefined],
  ["https://host.test/a.git", { remote: "https://host.test/a.git" }],
  ["http://host.test:8080/a.git#main", { remote: "http://host.test:8080/a.git", ref: "main" }],
  ["git://host.test/a", { remote: "git://host.test/a" }],
  ["ssh://git@host.test/a", { remote: "ssh://git@host.test/a" }],
  ["git@host.test:a/b.git#v1:c/../d", { remote: "git@host.test:a/b.git", ref: "v1", subdirectory: "d" }],
  ["https://host.test/a.git#:../../b", { remote: "https://host.test/a.git", subdirectory: "b" }],
  [
    "https://host.test/a.git?subdir=/b#v1",
    { remote: "https://host.test/a.git", ref: "v1", subdirectory: "b" },
  ],
  ["https://host.test/a.git?tag=v1", { remote: "https://host.test/a.git", ref: "refs/tags/v1" }],
  ["https://host.test/a.git?branch=refs/heads/b", { remote: "https://host.test/a.git", ref: "refs/heads/b" }],
  [
    "https://host.test/a.git?ref=x&commit=abc&keep-git-dir&fetch-by-commit=true&submodules=1&mtime=checkout",
    { remote: "https://host.test/a.git", ref: "x", checksum: "abc", keepGitFolder: true },
  ],
  ["https://host.test/a.git?keep-git-dir=false", { remote: "https://host.test/a.git", keepGitFolder: false }],
])("%s", (text, expected) => {
  expect(gitSource(text, span)).toEqual(expected);
});

test.each<[string, string]>([
  ["https://host.test/a.git?ref=a#b", "the repository is given two values for ref: b and a"],
  ["https://host.test/a.git?ref", "ref of the repository has no value"],
  ["https://host.test/a.git?keep-git-dir=x", "keep-git-dir of the repository can't be x"],
  ["https://host.test/a.git?submodules=0", "a repository without its submodules can't be asked for"],
  ["https://host.test/a.git?mtime=commit", "mtime of the repository can't be commit"],
  ["https://host.test/a.git?x=1", "x of a repository is not understood"],
  ["https://me:secret@host.test/a.git", "the URL of the repository holds a password"],
  ["ssh://me:secret@host.test/a.git", "the URL of the repository holds a password"],
  ["https://token@host.test/a.git", "the URL of the repository holds a user name or token"],
  ["HTTPS://token@host.test/a.git#main", "the URL of the repository holds a user name or token"],
])("%s is refused", (text, message) => {
  const read = (): unknown => gitSource(text, span);
  expect(read).toThrow(message);
  expect(read).toThrow(Mistake);
});
