// A stand-in for golang:1.21.5-alpine: the corpus's Alpine, Go as the Go module proxy has it (golang.org/toolchain), and this
// machine's trust roots, since steps fetch modules through whatever stands between it and the proxy.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assembleLayer } from "../../src/assemble/layer.ts";
import { bytesOf } from "../../src/base/bytes.ts";
import { openCache } from "../../src/base/cache.ts";
import { digestOf } from "../../src/base/digest.ts";
import { treeOfImage } from "../../src/oci/apply.ts";
import { makeImage } from "../../src/oci/derive.ts";
import { treeOfFolder } from "../../src/oci/folder-reader.ts";
import type { Image, ImageConfig, ImageSet, Layer } from "../../src/oci/model.ts";
import type { Attributes, DirectoryEntry, Entry } from "../../src/tree/entry.ts";
import { comparePaths, parentOf, path, root, type TreePath } from "../../src/tree/path.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { missingProgram, runWell } from "../programs.ts";
import { corpusImage, corpusMissing } from "./corpus.ts";
import { keptImage } from "./kept.ts";
import { trustRoots } from "./trust-roots.ts";

const goVersion = "1.21.5";
const toolchain = `golang.org/toolchain@v0.0.1-go${goVersion}.linux-amd64`;

/** Why it can't be made here. */
export const golangMissing: string | undefined =
  corpusMissing ?? missingProgram("go") ?? (existsSync(trustRoots) ? undefined : `${trustRoots} is absent`);

/** The image, to be known as library/golang:1.21.5-alpine. The first time it takes a minute and Go's module proxy. */
export function golangImage(): Promise<ImageSet> {
  const recipe = { version: 1, toolchain, trustRoots: digestOf(readFileSync(trustRoots)) };
  return keptImage("golang", recipe, async (scratch) => {
    const base = await corpusImage("alpine", scratch);
    const below = await treeOfImage(base, { scratchFolder: scratch });
    const cache = await openCache(join(scratch, "cache"));
    const layers: Layer[] = [...base.layers];
    for (const entries of [await goEntries(), [trustRootsEntry()]]) {
      const whole = withParents(entries, below);
      const options = { compression: "gzip", width: 2 } as const;
      layers.push(await assembleLayer(whole, cache, options, new AbortController().signal));
    }
    return { images: [makeImage({ config: configOver(base, layers), layers })] };
  });
}

function configOver(base: Image, layers: readonly Layer[]): ImageConfig {
  const { architecture, os, history } = JSON.parse(new TextDecoder().decode(base.config)) as ImageConfig;
  return {
    architecture,
    os,
    config: {
      Env: [
        "PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        `GOLANG_VERSION=${goVersion}`,
        "GOTOOLCHAIN=local",
        "GOPATH=/go",
      ],
      Cmd: ["/bin/sh"],
      WorkingDir: "/go",
    },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
    history: [...(history ?? []), { created_by: `Go ${goVersion}` }, { created_by: "trust roots" }],
  };
}

/** What building takes: no tests, and no sources of the tools, which are there as programs. */
async function goEntries(): Promise<readonly Entry[]> {
  const said = await runWell(["go", "mod", "download", "-json", toolchain], {
    env: { GOTOOLCHAIN: "local", GOFLAGS: "-mod=mod", GO111MODULE: "on" },
    cwd: "/",
    timeoutMs: 600_000,
  });
  const { Dir: folder } = JSON.parse(said) as { readonly Dir: string };
  const tree = await treeOfFolder(folder);
  const entries: Entry[] = [folderOf("/usr/local/go", 0o755), folderOf("/go", 0o777)];
  entries.push(folderOf("/go/src", 0o777), folderOf("/go/bin", 0o777));
  for (const entry of tree.walk()) {
    if (/^\/(?:test|doc|api|misc|src\/cmd)(?:\/|$)|\/testdata(?:\/|$)|_test\.go$/.test(entry.path)) continue;
    // A module's files carry no modes: the programs are known by their folders.
    const isProgram = /^\/(?:bin|pkg\/tool\/[^/]+)\/[^/]+$/.test(entry.path);
    const mode = entry.kind === "directory" || isProgram ? 0o755 : 0o644;
    entries.push({ ...entry, ...rootOwned, mode, path: path(`/usr/local/go${entry.path}`) });
  }
  return entries;
}

const rootOwned: Omit<Attributes, "mode"> = { uid: 0, gid: 0, mtime: 1_700_000_000 };

function folderOf(name: string, mode: number): DirectoryEntry {
  return { kind: "directory", path: path(name), ...rootOwned, mode, origins: [] };
}

function trustRootsEntry(): Entry {
  const content = readFileSync(trustRoots);
  return {
    kind: "file",
    path: path(trustRoots),
    ...rootOwned,
    mode: 0o644,
    origins: [],
    sizeBytes: content.length,
    digest: digestOf(content),
    content: bytesOf(content),
  };
}

/** Sorted, with the folders above them as they are below. */
function withParents(entries: readonly Entry[], below: Tree): readonly Entry[] {
  const all = new Map<TreePath, Entry>(entries.map((entry) => [entry.path, entry]));
  for (const entry of entries) {
    for (let folder = parentOf(entry.path); folder !== root && !all.has(folder); folder = parentOf(folder)) {
      all.set(folder, below.lookup(folder) ?? folderOf(folder, 0o755));
    }
  }
  return [...all.values()].sort((a, b) => comparePaths(a.path, b.path));
}
