// What the members of an archive add up to: identities and secrets with the place that they were found in, and the gravest of
// what could not be told.
import { limits } from "../../base/limits.ts";
import type { RandomAccess } from "../../formats/random-access.ts";
import type { Facts } from "../facts.ts";
import type { Hidden, Identity, Secret } from "../identity.ts";

/** What is left of what one file may take, over all depths. */
export interface NestingBudget {
  members: number;
  /** Bytes that come out of compression, or that members of a zip archive share. */
  bytes: number;
  /** How many archives deeper may be followed. */
  depth: number;
}

export function nestingBudget(): NestingBudget {
  return { members: limits.nestedMembersMax, bytes: limits.nestedBytesMax, depth: limits.nestedDepthMax };
}

export interface Nested {
  readonly identities: readonly Identity[];
  readonly secrets: readonly Secret[];
  readonly hidden?: Hidden;
}

export interface Gatherer {
  readonly budget: NestingBudget;
  /** Takes in a member; `place` tells which: "member bin/sh of the zip archive". */
  member(place: string, source: RandomAccess): void;
  /** Something that can't be told. */
  hide(kind: Hidden["kind"], why: string, check?: string): void;
  result(): Nested;
}

/** Gravest first: what runs and hides, what somebody locked, what is broken, what is only too much. */
const kinds: readonly Hidden["kind"][] = ["packed", "encrypted", "corrupt", "limit"];
const identitiesMax = 100;
const placeLengthMax = 300;

export function gatherer(inner: (member: RandomAccess) => Facts, budget: NestingBudget): Gatherer {
  const identities: Identity[] = [];
  const secrets: Secret[] = [];
  let hidden: Hidden | undefined;
  let hiddenCount = 0;
  const hide = (found: Hidden): void => {
    hiddenCount += 1;
    if (hidden === undefined || kinds.indexOf(found.kind) < kinds.indexOf(hidden.kind)) hidden = found;
  };
  return {
    budget,
    member: (place, source) => {
      const facts = inner(source);
      const within = (deeper: string | undefined): string => joined(deeper, place);
      for (const one of facts.identities ?? []) {
        if (identities.length < identitiesMax) identities.push({ ...one, within: within(one.within) });
      }
      for (const one of facts.secrets ?? []) {
        if (secrets.length < limits.secretsPerFileMax) secrets.push({ ...one, within: within(one.within) });
      }
      if (facts.hidden !== undefined) hide({ ...facts.hidden, why: joined(facts.hidden.why, place) });
    },
    hide: (kind, why, check) =>
      hide({ kind, why, evidence: [{ what: why, ...(check === undefined ? {} : { check }) }] }),
    result: () => ({
      identities,
      secrets,
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

/** Part of a source, as a source. */
export function partOf(source: RandomAccess, offset: number, sizeBytes: number): RandomAccess {
  const size = Math.max(0, Math.min(sizeBytes, source.sizeBytes - offset));
  return {
    sizeBytes: size,
    read: (from, length, scratch) => {
      const start = Math.min(Math.max(0, from), size);
      return source.read(offset + start, Math.max(0, Math.min(length, size - start)), scratch);
    },
  };
}

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
