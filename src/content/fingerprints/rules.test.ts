import { describe, expect, test } from "vitest";
import { elfOf } from "../../../testing/builders.ts";
import { programWith } from "../../../testing/fingerprint-programs.ts";
import { inMemory } from "../../formats/random-access.ts";
import { factsOf } from "../facts.ts";
import type { Identity } from "../identity.ts";
import { searchLengthMin } from "../string-search.ts";
import { anchorOf } from "./anchors.ts";
import type { Fingerprint, Signal } from "./fingerprint.ts";
import { fingerprints } from "./rules.ts";
import { scriptFingerprints } from "./scripts.ts";

const identitiesOf = (bytes: Buffer): readonly Identity[] => factsOf(inMemory(bytes)).identities ?? [];
const ids = (bytes: Buffer): readonly string[] => identitiesOf(bytes).map(({ id }) => id);

const alternatives = fingerprints.flatMap((fingerprint) =>
  fingerprint.signs.map((signals, index) => ({
    name: `${fingerprint.id}, alternative ${index + 1}`,
    fingerprint,
    signals,
  })),
);

describe("each fingerprint", () => {
  test.each(alternatives)("is told by its signals: $name", ({ fingerprint, signals }) => {
    const found = identitiesOf(programWith(signals)).find(({ id }) => id === fingerprint.id);
    expect(found?.kind).toBe(fingerprint.kind);
    expect(found?.name.startsWith(fingerprint.name)).toBe(true);
    expect(found?.evidence.length).toBeGreaterThanOrEqual(signals.length);
    expect(found?.confirmed).toBe((found?.evidence.length ?? 0) > 1);
  });

  test.each(alternatives.filter(({ signals }) => signals.length > 1))(
    "is not told by all but one of them: $name",
    ({ fingerprint, signals }) => {
      for (const left of signals) {
        const rest = signals.filter((signal) => signal !== left);
        if (isTold(fingerprint, rest)) continue;
        expect(ids(programWith(rest)), JSON.stringify(left)).not.toContain(fingerprint.id);
      }
    },
  );
});

/** Equal for equal signals, of whatever alternatives. */
function written(signal: Signal): string {
  return JSON.stringify({ ...signal, ...("pattern" in signal ? { pattern: String(signal.pattern) } : {}) });
}

/** Whether another alternative is whole without the signal. */
function isTold({ signs }: Fingerprint, signals: readonly Signal[]): boolean {
  const known = new Set(signals.map(written));
  return signs.some((alternative) => alternative.every((signal) => known.has(written(signal))));
}

describe("the data", () => {
  test("ids are unique among programs, and kebab-case", () => {
    const all = fingerprints.map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
    for (const id of [...all, ...scriptFingerprints.map((script) => script.id)])
      expect(id).toMatch(/^[a-z\d]+(?:-[a-z\d]+)*$/);
  });

  test("each names only ids that there are", () => {
    const all = new Set(fingerprints.map(({ id }) => id));
    for (const { unless = [] } of fingerprints) for (const id of unless) expect(all).toContain(id);
  });

  test("anchors are long enough to skip by, and can be shown", () => {
    for (const { signs, version } of fingerprints) {
      for (const signal of signs.flat()) {
        const anchor = anchorOf(signal);
        if (anchor !== undefined) expect(anchor.length, anchor).toBeGreaterThanOrEqual(searchLengthMin);
        if (signal.kind !== "string") continue;
        const shown = signal.show ?? signal.text;
        expect(shown).toMatch(/^[ -~]+$/);
        expect(signal.text).toContain(shown);
        // FILE stands for the file in what checks evidence.
        expect(shown).not.toMatch(/\bFILE\b/);
      }
      for (const anchor of version?.after ?? [])
        expect(anchor.length).toBeGreaterThanOrEqual(searchLengthMin);
    }
  });

  test("patterns have no state", () => {
    for (const { signs, version } of fingerprints) {
      if (version !== undefined) expect(version.pattern.flags).toBe("");
      for (const signal of signs.flat()) if ("pattern" in signal) expect(signal.pattern.flags).toBe("");
    }
  });
});

describe("versions", () => {
  test.each<[string, string[], string]>([
    ["bash", ["@(#)Bash version 5.2.15(1) release GNU", "BASH_EXECUTION_STRING"], "GNU bash 5.2.15"],
    ["mksh", ["@(#)MIRBSD KSH R59 2020/10/31", "KSHEGID"], "mksh 59"],
    ["ksh93", [".sh.edchar", "Version AJM 93u+m/1.0.4 2022-10-22"], "ksh93 1.0.4"],
    ["php", ["X-Powered-By: PHP/8.2.36", "PHP_INI_SCAN_DIR"], "PHP 8.2.36"],
    ["bash without a number", ["@(#)Bash version ", "BASH_EXECUTION_STRING"], "GNU bash"],
  ])("%s", (_, strings, name) => {
    expect(
      identitiesOf(elfOf({ interpreter: "/lib64/ld-linux-x86-64.so.2", strings })).map((each) => each.name),
    ).toEqual([name]);
  });
});
