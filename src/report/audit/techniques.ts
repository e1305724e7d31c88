// The ATT&CK techniques of a finding: its own, its rule's and its primitives', each once.
import type { Finding } from "../../audit/finding.ts";
import { primitiveMeanings } from "../../audit/primitives.ts";
import { rules } from "../../audit/rules.ts";

export function techniquesOf(one: Pick<Finding, "rule" | "primitives" | "techniques">): readonly string[] {
  return [
    ...new Set([
      ...(rules[one.rule].techniques ?? []),
      ...(one.techniques ?? []),
      ...one.primitives.flatMap((primitive) => primitiveMeanings[primitive].techniques),
    ]),
  ].sort();
}

/** Where the technique is described: sub-techniques lie below theirs. */
export function techniqueUrl(id: string): string {
  return `https://attack.mitre.org/techniques/${id.replace(".", "/")}/`;
}
