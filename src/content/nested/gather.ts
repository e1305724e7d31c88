// What the members of an archive add up to: identities and secrets with the place that they were found in, and the gravest of
// what could not be told.
import { limits } from "../../base/limits.ts";
import { type RandomAccess, rangeOf } from "../../formats/random-access.ts";
import type { Facts } from "../facts.ts";
import type { Hidden, Identity, Secret } from "../identity.ts";
import { merged, type Region } from "../regions.ts";

/** What is left of what one file may take, over all depths. */
export interface NestingBudget {
  members: number;
  /** Bytes that go into and come out of compression, tried in vain too, or that members of a zip archive share. */
  bytes: number;
  /** How many archives deeper may be followed. */
  depth: number;
  /** Places that may begin a container in the middle of other bytes. */
  candidates: number;
}

export function nestingBudget(): NestingBudget {
  return {
    members: limits.nestedMembersMax,
    bytes: limits.nestedBytesMax,
    depth: limits.nestedDepthMax,
    candidates: limits.nestedCandidatesMax,
  };
}

export interface Nested {
  readonly identities: readonly Identity[];
  readonly secrets: readonly Secret[];
  readonly hidden?: Hidden;
  /** Parts of the file that are members as they are, which were looked at as such: merged, in order. */
  readonly stored: readonly Region[];
  /** Parts of the file that were read as what they hold, `stored` among them: merged, in order. */
  readonly accounted: readonly Region[];
}

/** Bytes of the file that is looked at, from `start` on. */
export interface Part extends RandomAccess {
  readonly start: number;
}

export interface Gatherer {
  readonly budget: NestingBudget;
  /** Takes in a member whose bytes aren't the file's; `place` tells which: "member bin/sh of the zip archive". */
  member(place: string, source: RandomAccess): void;
  /** Takes in a member that lies in the file as it is. */
  memberAt(place: string, part: Part): void;
  /** Something that can't be told. */
  hide(kind: Hidden["kind"], why: string, check?: string): void;
  /** These bytes of the file are accounted for, in whatever form: no container is looked for in them. */
  account(start: number, end: number): void;
  /** Accounted for so far, merged and in order. */
  accounted(): readonly Region[];
  result(): Nested;
}

/** Gravest first: what runs and hides, what somebody locked, what is broken, what is only too much. */
const kinds: readonly Hidden["kind"][] = ["packed", "encrypted", "corrupt", "limit"];
const placeLengthMax = 300;

export function gatherer(inner: (member: RandomAccess) => Facts, budget: NestingBudget): Gatherer {
  const identities: Identity[] = [];
  const known = new Set<string>();
  const ofId = new Map<string, number>();
  const secrets: Secret[] = [];
  const secretsOf = new Map<string, number>();
  const stored: Region[] = [];
  const accounted: Region[] = [];
  let hidden: Hidden | undefined;
  let hiddenCount = 0;
  const hide = (found: Hidden): void => {
    hiddenCount += 1;
    if (hidden === undefined || kinds.indexOf(found.kind) < kinds.indexOf(hidden.kind)) hidden = found;
  };
  const member = (place: string, source: RandomAccess): void => {
    const facts = inner(source);
    const within = (deeper: string | undefined): string => joined(deeper, place);
    for (const one of facts.identities ?? []) {
      // One of each place: a hundred of one kind hide no other.
      const key = `${one.id}\0${within(one.within)}`;
      if (known.has(key)) continue;
      known.add(key);
      const count = (ofId.get(one.id) ?? 0) + 1;
      ofId.set(one.id, count);
      if (count <= limits.nestedIdentitiesMax) identities.push({ ...one, within: within(one.within) });
    }
    for (const one of facts.secrets ?? []) {
      const count = (secretsOf.get(one.id) ?? 0) + 1;
      secretsOf.set(one.id, count);
      if (count <= limits.secretsPerKindMax) secrets.push({ ...one, within: within(one.within) });
    }
    if (facts.hidden !== undefined) hide({ ...facts.hidden, why: joined(facts.hidden.why, place) });
  };
  return {
    budget,
    member,
    memberAt: (place, part) => {
      const region = { start: part.start, end: part.start + part.sizeBytes };
      stored.push(region);
      accounted.push(region);
      member(place, part);
    },
    hide: (kind, why, check) =>
      hide({ kind, why, evidence: [{ what: why, ...(check === undefined ? {} : { check }) }] }),
    account: (start, end) => {
      accounted.push({ start, end });
    },
    accounted: () => merged(accounted),
    result: () => ({
      identities,
      secrets,
      stored: merged(stored),
      accounted: merged(accounted),
      ...(hidden === undefined ? {} : { hidden: counted(hidden, hiddenCount) }),
    }),
  };
}

function joined(deeper: string | undefined, place: string): string {
  const text = deeper === undefined ? place : `${deeper}, in ${place}`;
  return text.length > placeLengthMax ? `${text.slice(0, placeLengthMax)}…` : text;
}

function counted(hidden: Hidden, count: number): Hidden {
  return count === 1 ? hidden : { ...hidden, why: `${hidden.why} (and ${count - 1} more)` };
}

/** All of a source, as a part of itself. */
export function wholeOf(source: RandomAccess): Part {
  return partOf({ ...source, start: 0 }, 0, source.sizeBytes);
}

/** Part of a source, as a source; its `start` is told as that of the source is. */
export function partOf(
  source: RandomAccess & { readonly start?: number },
  offset: number,
  sizeBytes: number,
): Part {
  return { start: (source.start ?? 0) + offset, ...rangeOf(source, offset, sizeBytes) };
}
