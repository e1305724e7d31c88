// Subjects of audits in a few words: layers of entries whose facts are written in the test, and a config.
import { launchOfImage } from "../src/audit/launch.ts";
import type { InstalledPackage, PackageIndex } from "../src/audit/packages/package.ts";
import { auditedClosure } from "../src/audit/roles.ts";
import type { ScannedLayer, Subject } from "../src/audit/subject.ts";
import { digestOf } from "../src/base/digest.ts";
import type { Declaration } from "../src/closure/closure.ts";
import type { HistoryEntry, ImageConfig, RunConfig } from "../src/oci/model.ts";
import type { Entry } from "../src/tree/entry.ts";
import { applyLayer, type LayerEntry } from "../src/tree/layers.ts";
import { finishTree, treeBuilder } from "../src/tree/memory-tree.ts";
import { path } from "../src/tree/path.ts";
import { closureOf, factsOfEntry } from "./closures.ts";
import { fromLayer } from "./trees.ts";

interface Given {
  /** From the bottom up. */
  readonly layers: readonly (readonly LayerEntry[])[];
  /** `null`: a bare tree, without a config. Else /app/p as 65532:65532 with these members. */
  readonly config?: RunConfig | null;
  readonly history?: readonly HistoryEntry[];
  readonly architecture?: string;
  readonly texts?: Readonly<Record<string, string>>;
  /** By the path of what they own. */
  readonly packages?: Readonly<Record<string, InstalledPackage>>;
  readonly keep?: readonly Declaration[];
}

/** What starts: an entry for it is the test's business. */
const plain: RunConfig = { Entrypoint: ["/app/p"], User: "65532:65532" };

export function subjectOf(given: Given): Subject {
  const builder = treeBuilder();
  const layers = given.layers.map((entries, index): ScannedLayer => {
    const { origins } = fromLayer(index);
    // The entry itself, not a copy of it, has the facts of the test.
    const placed = entries.map((entry): LayerEntry => Object.assign(entry, { origins }));
    applyLayer(builder, placed, index);
    const digest = digestOf(`layer ${index}`);
    return { digest, diffId: digest, compressedBytes: 1, entries: placed };
  });
  const tree = finishTree(builder);
  const config = given.config === null ? undefined : imageConfig(given);
  const launch = launchOfImage(config, {}, given.architecture ?? "amd64");
  const texts = given.texts ?? {};
  const entries: Entry[] = [...tree.walk()];
  return {
    tree,
    facts: factsOfEntry,
    layers: config === undefined ? [] : layers,
    ...(config === undefined ? {} : { config }),
    launch,
    closure: auditedClosure(
      closureOf(entries, { launch, settings: texts, keep: given.keep ?? [] }),
      tree,
      factsOfEntry,
    ),
    packages: packagesOf(given.packages ?? {}),
    texts: new Map(Object.entries(texts).map(([name, text]) => [path(name), text])),
  };
}

function imageConfig({ architecture, config, history }: Given): ImageConfig {
  return {
    architecture: architecture ?? "amd64",
    os: "linux",
    config: { ...plain, ...config },
    rootfs: { type: "layers", diff_ids: [] },
    ...(history === undefined ? {} : { history }),
  };
}

function packagesOf(byPath: Readonly<Record<string, InstalledPackage>>): PackageIndex {
  return {
    packages: [...new Set(Object.values(byPath))],
    ownerOf: (entry) => byPath[entry.path],
    unreadable: [],
  };
}
