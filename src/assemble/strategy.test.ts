import { expect, test } from "vitest";
import type { Entry, Origin } from "../tree/entry.ts";
import { path } from "../tree/path.ts";
import { planLayers } from "./strategy.ts";

const libc: Origin = { kind: "package", package: "libc6:amd64", version: "2.36" };
const app: Origin = { kind: "declared", what: "copy app" };
const cache: Origin = { kind: "effect", effect: "ldconfig" };

function folder(name: string, ...origins: Origin[]): Entry {
  return { kind: "directory", path: path(name), mode: 0o755, uid: 0, gid: 0, mtime: 0, origins };
}

function link(name: string, origin: Origin): Entry {
  return {
    kind: "symlink",
    path: path(name),
    mode: 0o777,
    uid: 0,
    gid: 0,
    mtime: 0,
    origins: [origin],
    target: "x",
  };
}

const entries = [
  folder("/etc", libc),
  link("/etc/ld.so.cache", cache),
  folder("/tmp", app),
  folder("/usr", libc, app),
  folder("/usr/bin", app),
  link("/usr/bin/app", app),
  folder("/usr/lib", libc),
  link("/usr/lib/libc.so.6", libc),
];

test.each([
  {
    strategy: "single" as const,
    layers: ["/etc /etc/ld.so.cache /tmp /usr /usr/bin /usr/bin/app /usr/lib /usr/lib/libc.so.6"],
  },
  {
    strategy: "auto" as const,
    layers: ["/etc /etc/ld.so.cache /usr /usr/lib /usr/lib/libc.so.6", "/tmp /usr /usr/bin /usr/bin/app"],
  },
  {
    strategy: "package" as const,
    layers: ["/usr /usr/lib /usr/lib/libc.so.6", "/etc /etc/ld.so.cache", "/tmp /usr /usr/bin /usr/bin/app"],
  },
])("$strategy: folders go along with what lies in them", ({ strategy, layers }) => {
  const planned = planLayers(entries, strategy).map((layer) => layer.map((entry) => entry.path).join(" "));
  expect(planned).toEqual(layers);
});

test("nothing makes no layer", () => {
  expect(planLayers([], "auto")).toEqual([]);
});
