// What a plan puts into the tree beside packages: copied files, written files, folders, links.

import { bytesOf } from "../../base/bytes.ts";
import type { Diagnostic, Span } from "../../base/diagnostics.ts";
import { type Digest, digestOf } from "../../base/digest.ts";
import { inMemory } from "../../formats/random-access.ts";
import type { Addition } from "../../graph/plan.ts";
import type { Entry, Origin } from "../../tree/entry.ts";
import { type Facts, factsOf } from "../../tree/facts.ts";
import { path } from "../../tree/path.ts";
import { type CopyFailure, copyFromContext } from "./context-files.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface AdditionSettings {
  /** The folder that copies are relative to. */
  readonly context: string;
  /** Seconds since the epoch, for every entry. */
  readonly mtime: number;
  /** The ids behind "user", "user:group" or numbers; undefined where there is no such account. */
  readonly ownerOf: (text: string) => Owner | undefined;
}

export interface AddedEntries {
  readonly entries: readonly Entry[];
  readonly facts: ReadonlyMap<Digest, Facts>;
  readonly diagnostics: readonly Diagnostic[];
}

const rootOwner: Owner = { uid: 0, gid: 0 };

/** The entries of all additions, in their order; later ones replace earlier ones. @throws ToolError "disk" */
export async function entriesOf(
  additions: readonly Addition[],
  settings: AdditionSettings,
): Promise<AddedEntries> {
  const entries: Entry[] = [];
  const facts = new Map<Digest, Facts>();
  const diagnostics: Diagnostic[] = [];
  for (const addition of additions) {
    const owner = "owner" in addition ? settings.ownerOf(addition.owner) : rootOwner;
    if (owner === undefined) {
      diagnostics.push(unknownOwner(addition));
    } else if (addition.kind === "copy") {
      const copied = await copyFromContext(addition, settings.context, { ...owner, mtime: settings.mtime });
      if ("problem" in copied) {
        diagnostics.push(copyDiagnostic(copied, addition.span));
        continue;
      }
      entries.push(...copied.entries);
      for (const [digest, found] of copied.facts) facts.set(digest, found);
    } else {
      entries.push(entryOf(addition, owner, settings.mtime, facts));
    }
  }
  return { entries, facts, diagnostics };
}

function entryOf(
  addition: Exclude<Addition, { kind: "copy" }>,
  owner: Owner,
  mtime: number,
  facts: Map<Digest, Facts>,
): Entry {
  const common = { path: path(addition.path), origins: [originOf(addition)], ...owner, mtime };
  switch (addition.kind) {
    case "directory":
      return { ...common, kind: "directory", mode: addition.mode };
    case "link":
      return { ...common, kind: "symlink", mode: 0o777, target: addition.target };
    case "file": {
      const content = Buffer.from(addition.text);
      const digest = digestOf(content);
      facts.set(digest, factsOf(inMemory(content)));
      return {
        ...common,
        kind: "file",
        mode: addition.mode,
        sizeBytes: content.length,
        digest,
        content: bytesOf(content),
      };
    }
  }
}

function originOf(addition: Addition): Origin {
  const what = addition.kind === "directory" ? "directories" : addition.kind === "link" ? "links" : "files";
  return addition.span === undefined
    ? { kind: "declared", what }
    : { kind: "declared", what, span: addition.span };
}

function unknownOwner(addition: Addition): Diagnostic {
  const owner = "owner" in addition ? addition.owner : "";
  return {
    severity: "error",
    rule: "unknown-owner",
    message: `no user or group ${JSON.stringify(owner)} in the image`,
    hint: "declare it under `users`, or give numbers (70:70)",
    ...spanOf(addition.span),
  };
}

function copyDiagnostic({ problem, source }: CopyFailure, span: Span | undefined): Diagnostic {
  const told = {
    absent: {
      message: `there is no ${JSON.stringify(source)} in the context`,
      hint: "the source of a copy is relative to the spec's folder; build it first if it is made there",
    },
    outside: {
      message: `${JSON.stringify(source)} leads out of the context`,
      hint: "copy or move the file into the spec's folder",
    },
    special: {
      message: `${JSON.stringify(source)} is neither file, folder nor link`,
      hint: "sockets, pipes and devices can't be copied into an image",
    },
  }[problem];
  return { severity: "error", rule: `copy-source-${problem}`, ...told, ...spanOf(span) };
}

function spanOf(span: Span | undefined): { readonly span?: Span } {
  return span === undefined ? {} : { span };
}
