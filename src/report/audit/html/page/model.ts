// The data of the page, unpacked as far as its views need it. Files and folders are told by their index.
import type { PageData } from "./shapes.ts";
import { visible } from "./visible.ts";

export interface Model {
  readonly data: PageData;
  readonly count: number;
  /** Of folders, visible, with a slash at the end; "/" for the root. */
  readonly folderPaths: readonly string[];
  /** The rules that found something in a file, as indexes into `data.rules`. */
  readonly rulesOf: ReadonlyMap<number, readonly number[]>;
  /** What a search looks in, in lower case. */
  readonly searched: readonly string[];
}

/** A step of a chain: text, and the files that it names. */
export type StepPart = string | { readonly file: number };

export function modelOf(data: PageData): Model {
  const { files, folders } = data;
  const folderPaths: string[] = [];
  for (const [folder, name] of folders.name.entries()) {
    const above = folderPaths[folders.parent[folder] ?? 0] ?? "";
    folderPaths.push(folder === 0 ? "/" : `${above}${visible(name)}/`);
  }
  const rulesOf = new Map<number, number[]>();
  for (const [rule, { files: found }] of data.rules.entries()) {
    for (const file of found) {
      const of = rulesOf.get(file) ?? [];
      of.push(rule);
      rulesOf.set(file, of);
    }
  }
  const searched = files.name.map((name, file) => {
    const identities = (files.identities[file] ?? []).map((one) => visible(data.identities[one] ?? ""));
    return `${folderPaths[files.folder[file] ?? 0] ?? ""}${visible(name)} ${identities.join(" ")}`.toLowerCase();
  });
  return { data, count: files.name.length, folderPaths, rulesOf, searched };
}

/** The visible path of a file. */
export function pathOf(model: Model, file: number): string {
  const { folder, name } = model.data.files;
  return `${model.folderPaths[folder[file] ?? 0] ?? ""}${visible(name[file] ?? "")}`;
}

/** The folder and all above it, the root first. */
export function foldersTo(model: Model, folder: number): number[] {
  const way = [folder];
  for (let at = folder; at > 0; ) {
    at = model.data.folders.parent[at] ?? 0;
    way.unshift(at);
  }
  return way;
}

/** For every folder whether it is `folder` or below it. */
export function foldersWithin(model: Model, folder: number): readonly boolean[] {
  const within: boolean[] = [];
  for (const [at, parent] of model.data.folders.parent.entries()) {
    within.push(at === folder || (at > 0 && within[parent] === true));
  }
  return within;
}

/** Why a file is there, from the root on; empty where nothing was said of it. */
export function chainOf(model: Model, file: number): StepPart[][] {
  const { chains, files } = model.data;
  const steps: StepPart[][] = [];
  for (let at = files.chain[file] ?? -1; at >= 0; at = chains.parent[at] ?? -1) {
    const named = chains.files[at] ?? [];
    const texts = (chains.wordings[chains.wording[at] ?? 0] ?? "").split("\u0000");
    const parts = texts.flatMap((text, index): StepPart[] => {
      const after = named[index];
      return after === undefined || index === texts.length - 1 ? [text] : [text, { file: after }];
    });
    steps.unshift(parts.filter((part) => part !== ""));
  }
  return steps;
}

/** Names of the primitives of a mask. */
export function primitivesOf(model: Model, mask: number): string[] {
  return model.data.primitives.filter((_, bit) => ((mask >> bit) & 1) === 1);
}
