import { expect, test } from "vitest";
import { subjectOf } from "../../../testing/subjects.ts";
import { file } from "../../../testing/trees.ts";
import { readPackages } from "../packages/read.ts";
import { unreadPackageFindings } from "./unread-packages.ts";

test.each<{ summary: string; name: string; content: string; found: string[] }>([
  {
    summary: "one that can be read",
    name: "/var/lib/dpkg/status.d/a",
    content: "Package: a\nVersion: 1\n",
    found: [],
  },
  {
    summary: "one that can't",
    name: "/var/lib/dpkg/status.d/a",
    content: "Version: 1\n",
    found: [
      "/var/lib/dpkg/status.d/a medium -: a package database that can't be read: a stanza has no Package field",
    ],
  },
])("$summary", async ({ content, found, name }) => {
  const subject = subjectOf({ layers: [[file(name, content)]] });
  const packages = await readPackages(subject.tree, subject.facts);
  const told = unreadPackageFindings({ ...subject, packages });
  expect(told.map((one) => `${one.path} ${one.severity} ${one.atMost ?? "-"}: ${one.what}`)).toEqual(found);
});
