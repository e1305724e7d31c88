// The package database of composed images, as scanners read it: every package with its version, and which files are its own.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestOf } from "../../src/base/digest.ts";
import { composeTree } from "../../src/debian/compose.ts";
import { statusEntries } from "../../src/debian/status.ts";
import { writeFolder } from "../../src/oci/folder-writer.ts";
import { treeOf } from "../../src/tree/memory-tree.ts";
import { debOf } from "../../testing/builders.ts";
import { unpackAll } from "../../testing/debian-roots.ts";
import { findPeer } from "../../testing/peers.ts";

const syft = findPeer("syft");
const trivy = findPeer("trivy");
const folder = mkdtempSync(join(tmpdir(), "package-database-"));
const image = join(folder, "image");
const names = ["tool", "libssl1.1", "python3", "python3.11", "python3.11-minimal", "base-tool"];

function sample(name: string): Buffer {
  const files = [`usr/lib/${name}/kept`, `usr/lib/${name}/dropped`];
  const md5sums = files.map((file) => `${createHash("md5").update(file).digest("hex")}  ${file}\n`).join("");
  return debOf({
    control: {
      Package: name,
      Version: `1:2.${name.length}-3+deb12u1`,
      Description: "short\nlong\n.\nmore",
      Source: "source (1.2)",
    },
    files: { md5sums },
    data: files.map((file) => ({ name: `./${file}`, content: file })),
  });
}

beforeAll(async () => {
  const debs = names.map((name) => {
    const bytes = sample(name);
    const file = join(folder, `${name}.deb`);
    writeFileSync(file, bytes);
    return { file, sizeBytes: bytes.length, digest: digestOf(bytes) };
  });
  const { contents, controls } = await unpackAll(debs, join(folder, "cache"));
  const base = { codename: "bookworm", mtime: 0 };
  const { tree } = composeTree({ contents, controls, diversions: [], base, privileged: new Set() });
  const pruned = treeOf([...tree.walk()].filter((entry) => !entry.path.endsWith("/dropped")));
  await writeFolder(treeOf([...pruned.walk(), ...statusEntries(pruned, controls, 0)]), image, undefined);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const expected = names.map((name) => `${name} 1:2.${name.length}-3+deb12u1 /usr/lib/${name}/kept`).sort();

interface SyftReport {
  readonly distro: { readonly id: string; readonly versionID: string };
  readonly artifacts: readonly {
    readonly name: string;
    readonly version: string;
    readonly type: string;
    readonly metadata: { readonly files: readonly { readonly path: string }[] };
  }[];
}

test.skipIf(syft === undefined)(
  "syft lists every package with its files (skipped where syft is absent)",
  () => {
    const output = execFileSync(syft ?? "", [`dir:${image}`, "-q", "-o", "json"], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const report = JSON.parse(output) as SyftReport;
    expect(report.distro).toMatchObject({ id: "debian", versionID: "12" });
    const packages = report.artifacts.filter((one) => one.type === "deb");
    const lines = packages.map(
      ({ name, version, metadata }) =>
        `${name} ${version} ${metadata.files.map((file) => file.path).join(" ")}`,
    );
    expect(lines.sort()).toEqual(expected);
  },
);

interface TrivyReport {
  readonly Metadata: { readonly OS: { readonly Family: string; readonly Name: string } };
  readonly Results: readonly {
    readonly Packages?: readonly {
      readonly Name: string;
      readonly Version: string;
      readonly Release: string;
      readonly Epoch: number;
      readonly SrcVersion: string;
      readonly InstalledFiles: readonly string[];
    }[];
  }[];
}

test.skipIf(trivy === undefined)(
  "trivy lists every package with its files (skipped where trivy is absent)",
  () => {
    const options = [
      "rootfs",
      "--offline-scan",
      "--scanners",
      "license",
      "--list-all-pkgs",
      "-q",
      "-f",
      "json",
    ];
    const cache = join(folder, "trivy");
    const output = execFileSync(trivy ?? "", [...options, "--cache-dir", cache, image], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const report = JSON.parse(output) as TrivyReport;
    expect(report.Metadata.OS).toMatchObject({ Family: "debian", Name: "12" });
    const packages = new Map(
      report.Results.flatMap(({ Packages }) => Packages ?? []).map((one) => [
        one.Name,
        `${one.Name} ${one.Epoch}:${one.Version}-${one.Release} ${one.InstalledFiles.join(" ")}`,
      ]),
    );
    expect([...packages.values()].sort()).toEqual(expected);
  },
);
