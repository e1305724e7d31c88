// The findings of one rule on a terminal: where, what, and the evidence with what shows it.
import type { Finding } from "../../audit/finding.ts";
import { shortDigest } from "../units.ts";
import type { RuleGroup } from "./groups.ts";
import { hanging, moreLine, type Page, pathColumnsFor, pathLines } from "./lines.ts";

/** Without `verbose`, a short list shows what its findings stand on. */
const findingsWithEvidence = 3;
const evidenceShown = 2;

interface ListOptions {
  /** Findings shown without `verbose`. */
  readonly limit: number;
  /** Whether a short list shows evidence without `verbose`. */
  readonly evidence: boolean;
}

export function findingLines(page: Page, group: RuleGroup, options: ListOptions): readonly string[] {
  const { findings } = group;
  const shown = page.verbose ? findings : findings.slice(0, options.limit);
  const columns = pathColumnsFor(
    page,
    4,
    shown.map((one) => one.path ?? ""),
  );
  const detail = page.verbose || (options.evidence && findings.length <= findingsWithEvidence);
  return [
    ...shown.flatMap((one) => [
      ...(one.path === undefined
        ? hanging(page, "    ", one.what)
        : pathLines(page, 4, columns, one.path, one.what)),
      ...waivedLines(page, one),
      ...(detail ? evidenceLines(page, one) : []),
      ...(page.verbose ? contextLines(page, one) : []),
    ]),
    ...moreLine(page, findings.length - shown.length),
  ];
}

function waivedLines(page: Page, { waived }: Finding): readonly string[] {
  if (waived === undefined) return [];
  const until = waived.expires === undefined ? "" : ` until ${waived.expires}`;
  return hanging(page, "      ", `waived${until}: ${waived.reason}`, { text: "yellow" });
}

function evidenceLines(page: Page, { evidence }: Finding): readonly string[] {
  const shown = page.verbose ? evidence : evidence.slice(0, evidenceShown);
  return shown.flatMap(({ check, what }) => [
    ...hanging(page, "      - ", what, { first: "dim", text: "dim" }),
    ...(check === undefined || !page.verbose ? [] : hanging(page, "        $ ", check, { text: "cyan" })),
  ]);
}

function contextLines(page: Page, one: Finding): readonly string[] {
  const { package: owner } = one;
  const facts = [
    ...(one.primitives.length === 0 ? [] : [`gives ${one.primitives.join(", ")}`]),
    ...(owner === undefined ? [] : [`of ${owner.type} ${owner.name} ${owner.version}`]),
    ...(one.layer === undefined ? [] : [`in layer ${shortDigest(one.layer)}`]),
    ...(one.reason ?? []).map((step, index) => `${index === 0 ? "needed: " : "  "}${step}`),
  ];
  return facts.flatMap((fact) => hanging(page, "      ", fact, { text: "dim" }));
}
