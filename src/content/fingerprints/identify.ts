// What a file's bytes are as a program: identities, build information, capabilities, and ELF files that lie inside it.

import { limits } from "../../base/limits.ts";
import { type ElfFacts, elfFacts } from "../../formats/elf.ts";
import { type ElfImage, openElf } from "../../formats/elf-image.ts";
import { dynamicSymbols } from "../../formats/elf-symbols.ts";
import { type RandomAccess, rangeOf } from "../../formats/random-access.ts";
import { cargoBuild } from "../build-info/cargo.ts";
import { goBuildAt } from "../build-info/go.ts";
import { capabilitiesOf } from "../capabilities.ts";
import type { BuildInfo, Capability, Identity } from "../identity.ts";
import type { Region } from "../regions.ts";
import { findBytes, goAnchor, type Met, meet } from "./anchors.ts";
import { innerElfs } from "./inner-elf.ts";
import { identitiesIn, type Suspect } from "./match.ts";
import { dataRegions, mappedBytes, unmappedRegions } from "./regions.ts";

export interface ProgramFacts {
  readonly identities: readonly Identity[];
  readonly build?: BuildInfo;
  readonly capabilities: readonly Capability[];
  /** File offsets of ELF files inside the file that nobody recognised. */
  readonly embeddedElf: readonly number[];
}

/** Of an ELF file; `elf` is absent for one that can't be read as such, which may be a program all the same. */
export function elfProgram(source: RandomAccess, elf: ElfFacts | undefined): ProgramFacts {
  const image = openElf(source);
  const outer = programIn(source, elf, image);
  const beyond = image === undefined ? [] : unmappedRegions(image, source.sizeBytes);
  const inner = innerElfs(source, beyond, outer.met.elfHeaders);
  return withInner(outer, source, inner);
}

/** Of a file that is no ELF file, in these regions of it. */
export function programsInside(source: RandomAccess, regions: readonly Region[]): ProgramFacts {
  const inner = innerElfs(source, regions, []);
  return withInner({ identities: [], capabilities: [] }, source, inner);
}

/** Of a file of another format for programs (PE): it has no segments that are told apart. */
export function foreignProgram(source: RandomAccess): readonly Identity[] {
  const whole = [{ start: 0, end: source.sizeBytes }];
  return identitiesIn(suspectFor(source, meet(source, whole), whole));
}

interface Program extends Omit<ProgramFacts, "embeddedElf"> {
  readonly met: Met;
}

function programIn(
  source: RandomAccess,
  elf: ElfFacts | undefined,
  image: ElfImage | undefined,
  inner?: { readonly within: string; readonly carve: string },
): Program {
  const regions = dataRegions(source, image);
  const met = meet(source, regions);
  const symbols = image === undefined ? undefined : dynamicSymbols(image);
  const build = image === undefined ? undefined : buildOf(image, met);
  const suspect: Suspect = {
    ...suspectFor(source, met, regions),
    ...(elf === undefined ? {} : { elf }),
    ...(symbols === undefined ? {} : { names: symbols.names }),
    ...(build === undefined ? {} : { build }),
  };
  const isLinked = (name: string): boolean => build?.go !== undefined && met.anchors.has(name);
  return {
    met,
    identities: identitiesIn(suspect, inner),
    ...(build === undefined ? {} : { build }),
    capabilities: image === undefined ? [] : capabilitiesOf(image, symbols, isLinked),
  };
}

function suspectFor(source: RandomAccess, met: Met, regions: readonly Region[]): Suspect {
  return {
    met,
    find: (bytes, where = regions) => findBytes(source, where, bytes),
    read: (offset, length) => Buffer.from(source.read(offset, length)).toString("latin1"),
  };
}

function buildOf(image: ElfImage, met: Met): BuildInfo | undefined {
  const [go] = (met.anchors.get(goAnchor) ?? []).flatMap((at) => goBuildAt(image, at) ?? []);
  const cargo = cargoBuild(image);
  if (go === undefined && cargo === undefined) return undefined;
  return { ...(go === undefined ? {} : { go }), ...(cargo === undefined ? {} : { cargo }) };
}

function withInner(
  outer: Pick<Program, "identities" | "build" | "capabilities">,
  source: RandomAccess,
  inner: readonly number[],
): ProgramFacts {
  const inside: Identity[] = [];
  const embeddedElf: number[] = [];
  let room: number = limits.innerElfBytesMax;
  for (const at of inner.slice(0, limits.innerElfsMax)) {
    const part = rangeOf(source, at, source.sizeBytes);
    const image = openElf(part);
    room -= image === undefined ? part.sizeBytes : Math.min(part.sizeBytes, mappedBytes(image));
    const where = { within: `an ELF file at byte ${at}`, carve: `tail -c +${at + 1} FILE` };
    const found = room < 0 ? [] : programIn(part, elfFacts(part), image, where).identities;
    if (found.length === 0) embeddedElf.push(at);
    else inside.push(...found);
  }
  embeddedElf.push(...inner.slice(limits.innerElfsMax));
  const { build, capabilities } = outer;
  // What a program only carries was met in its data as well, and is told once: as being inside.
  const carried = new Set(inside.map(({ id }) => id));
  const identities = [...outer.identities.filter(({ id }) => !carried.has(id)), ...inside];
  return { identities, capabilities, embeddedElf, ...(build === undefined ? {} : { build }) };
}
