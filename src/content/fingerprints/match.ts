// Which fingerprints a file's data bears, each with evidence that standard tools can show.

import { lazy } from "../../base/lazy.ts";
import type { ElfFacts } from "../../formats/elf.ts";
import type { BuildInfo, Evidence, Identity } from "../identity.ts";
import type { Region } from "../regions.ts";
import { anchorOf, type Met, placesMax, symbolAnchor } from "./anchors.ts";
import { carvedEvidence, grepFor, quoted } from "./evidence.ts";
import type { Fingerprint, Signal } from "./fingerprint.ts";

import { fingerprints } from "./rules.ts";

/** What the signals are looked for in. */
export interface Suspect {
  readonly met: Met;
  /** Absent for what is no readable ELF file. */
  readonly elf?: ElfFacts;
  /** Of the dynamic symbols' names. */
  readonly names?: Region;
  readonly build?: BuildInfo;
  /** At most `length` bytes at a file offset, as Latin-1 text. */
  readonly read: (offset: number, length: number) => string;
  /** The first file offset of these bytes in data that is mapped, or in these regions. */
  readonly find: (bytes: Buffer, regions?: readonly Region[]) => number | undefined;
}

/** Builds name 250 to 400 applets, of which the names that are known are more than half: other sorted tables share few with them. */
const appletsKnownMin = 0.25;

/** Of what follows a version's anchor. */
const versionLengthMax = 48;

/** What the bytes are recognised as. `within` says where they are, `carve` how to get at them, if they are no file by themselves. */
export function identitiesIn(
  suspect: Suspect,
  inner?: { readonly within: string; readonly carve: string },
): readonly Identity[] {
  const found = candidatesFor(suspect.met).flatMap((one) => {
    const identity = identityOf(suspect, one);
    return identity === undefined ? [] : [{ one, identity }];
  });
  const ids = new Set(found.map(({ one }) => one.id));
  return found
    .filter(({ one }) => one.unless?.some((id) => ids.has(id)) !== true)
    .map(({ identity }) =>
      inner === undefined
        ? identity
        : {
            ...identity,
            within: inner.within,
            evidence: identity.evidence.map((one) => carvedEvidence(one, inner.carve)),
          },
    );
}

/** Fingerprints by the anchors of their signals, and those of which some alternative needs no anchor. */
const indexed = lazy(() => {
  const byAnchor = new Map<string, Fingerprint[]>();
  const always: Fingerprint[] = [];
  for (const one of fingerprints) {
    for (const signals of one.signs) {
      const anchor = signals.map(anchorOf).find((text) => text !== undefined);
      if (anchor === undefined) always.push(one);
      else byAnchor.set(anchor, [...(byAnchor.get(anchor) ?? []), one]);
    }
  }
  return { byAnchor, always };
});

/** Those that can be there, in their order: most files hold no anchor at all. */
function candidatesFor({ anchors }: Met): readonly Fingerprint[] {
  const { byAnchor, always } = indexed();
  const found = new Set(always);
  for (const anchor of anchors.keys()) for (const one of byAnchor.get(anchor) ?? []) found.add(one);
  return fingerprints.filter((one) => found.has(one));
}

function identityOf(suspect: Suspect, fingerprint: Fingerprint): Identity | undefined {
  const { elf } = suspect;
  const isProgram =
    elf === undefined || elf.program || elf.startable === true || elf.interpreter !== undefined;
  const scope = fingerprint.scope ?? "program";
  if (!isProgram && scope === "program") return undefined;
  const evidence = evidenceOf(suspect, fingerprint);
  if (evidence.length === 0) return undefined;
  const version = versionOf(suspect, fingerprint);
  const details = detailsOf(suspect, fingerprint);
  return {
    id: fingerprint.id,
    kind: fingerprint.kind,
    name: `${fingerprint.name}${version === undefined ? "" : ` ${version}`}${details}`,
    ...(version === undefined ? {} : { version }),
    evidence,
    confirmed: evidence.length > 1,
    ...(!isProgram && scope === "engine" ? { embedded: true } : {}),
  };
}

/** Of all alternatives that are there, each signal once; empty where none is. */
function evidenceOf(suspect: Suspect, { signs }: Fingerprint): readonly Evidence[] {
  const evidence = new Map<string, Evidence>();
  for (const signals of signs) {
    for (const one of allEvidence(suspect, signals)) evidence.set(one.what, one);
  }
  return [...evidence.values()];
}

/** Of each signal; none at all where one is missing. */
function allEvidence(suspect: Suspect, signals: readonly Signal[]): readonly Evidence[] {
  const found: Evidence[] = [];
  for (const signal of signals) {
    const one = evidenceFor(suspect, signal);
    if (one === undefined) return [];
    found.push(one);
  }
  return found;
}

function evidenceFor(suspect: Suspect, signal: Signal): Evidence | undefined {
  switch (signal.kind) {
    case "string":
      return stringEvidence(suspect, signal.text, signal.show ?? signal.text);
    case "wide-string":
      return wideEvidence(suspect, signal.text);
    case "symbol":
      return symbolEvidence(suspect, signal.name);
    case "needed":
      return neededEvidence(suspect, signal.pattern);
    case "soname":
      return sonameEvidence(suspect, signal.pattern);
    case "applets":
      return appletEvidence(suspect, signal.least);
    case "go-main":
      return goEvidence(suspect, signal.pattern);
  }
}

function stringEvidence({ met }: Suspect, content: string, shown: string): Evidence | undefined {
  const [place] = met.anchors.get(content) ?? [];
  if (place === undefined) return undefined;
  const at = place + content.indexOf(shown);
  return { what: `string ${JSON.stringify(shown)} at byte ${at}`, check: grepFor(shown) };
}

function wideEvidence({ find }: Suspect, content: string): Evidence | undefined {
  for (const [order, encoding] of wideOrders) {
    const at = find(Buffer.from(wideText(content, order), "latin1"));
    if (at === undefined) continue;
    return {
      what: `wide string ${JSON.stringify(content)} at byte ${at}`,
      check: `strings -t d -e ${encoding} FILE | grep -F -- ${quoted(content)}`,
    };
  }
  return undefined;
}

/** Byte orders, and the letters that strings(1) knows them by. */
const wideOrders = [
  ["little", "L"],
  ["big", "B"],
] as const;

function wideText(content: string, order: "little" | "big"): string {
  return content.replaceAll(/./g, order === "little" ? "$&\0\0\0" : "\0\0\0$&");
}

function symbolEvidence({ met, names, find }: Suspect, name: string): Evidence | undefined {
  const anchor = symbolAnchor(name);
  const places = met.anchors.get(anchor);
  if (names === undefined || places === undefined) return undefined;
  // Where it is met so often that places were left out, the names themselves are looked through.
  const at =
    places.find((place) => place >= names.start && place < names.end) ??
    (places.length < placesMax ? undefined : find(Buffer.from(anchor, "latin1"), [names]));
  if (at === undefined) return undefined;
  return {
    what: `dynamic symbol ${name}, named at byte ${at}`,
    check: grepFor(name),
  };
}

function neededEvidence({ elf }: Suspect, pattern: RegExp): Evidence | undefined {
  const name = elf?.needed.find((one) => pattern.test(one));
  if (name === undefined) return undefined;
  return { what: `needs the library ${name}`, check: `readelf -dW FILE | grep -F -- ${quoted(name)}` };
}

function sonameEvidence({ elf }: Suspect, pattern: RegExp): Evidence | undefined {
  const name = elf?.soname;
  if (name === undefined || !pattern.test(name)) return undefined;
  return { what: `is the library ${name}`, check: `readelf -dW FILE | grep -F -- ${quoted(name)}` };
}

function appletEvidence({ met: { applets } }: Suspect, least: number): Evidence | undefined {
  if (applets === undefined || applets.known < least) return undefined;
  const { start, end, names, known } = applets;
  if (known < names * appletsKnownMin) return undefined;
  return {
    what: `applet table: ${names} sorted names, ${known} of them known applets, at byte ${start}`,
    check: `tail -c +${start + 1} FILE | head -c ${end - start} | tr '\\0' '\\n'`,
  };
}

function goEvidence({ build }: Suspect, pattern: RegExp): Evidence | undefined {
  const path = build?.go?.path;
  if (path === undefined || !pattern.test(path)) return undefined;
  return { what: `Go build information: main package ${path}`, check: grepFor(path) };
}

function versionOf({ met, read }: Suspect, { version }: Fingerprint): string | undefined {
  if (version === undefined) return undefined;
  for (const anchor of version.after) {
    for (const place of met.anchors.get(anchor) ?? []) {
      const found = version.pattern.exec(read(place + anchor.length, versionLengthMax));
      if (found?.index === 0) return found[1] ?? found[0];
    }
  }
  return undefined;
}

function detailsOf({ met, elf }: Suspect, { signs }: Fingerprint): string {
  if (!signs.flat().some((one) => one.kind === "applets")) return "";
  const details = [
    ...(elf?.static === true ? ["static"] : []),
    ...(met.applets === undefined ? [] : [`${met.applets.names} applets`]),
  ];
  return details.length === 0 ? "" : ` (${details.join(", ")})`;
}
