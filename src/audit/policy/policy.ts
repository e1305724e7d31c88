// What a team asks of its images, and what it accepts in them: the content of distill-policy.yaml.
// Invariant: a policy moves gates, never a level (docs/decisions/0006-waivers-and-levels.md).
import type { Span } from "../../base/diagnostics.ts";
import type { Glob } from "../../tree/glob.ts";
import type { Level } from "../levels.ts";
import type { Primitive } from "../primitives.ts";
import type { RuleId, Severity } from "../rules.ts";

export interface Policy {
  /** The file's path, as messages show it. */
  readonly file: string;
  /** Images below it fail. */
  readonly level?: Level;
  /** Findings that are as grave, or graver, fail. */
  readonly failAt?: Severity;
  readonly primitives: AllowedPrimitives;
  readonly waivers: readonly Waiver[];
  readonly keep: readonly Kept[];
}

/** Which primitives an image may have; of an absent list, any. */
export interface AllowedPrimitives {
  /** Of files that the entrypoint doesn't need. */
  readonly allow?: readonly Primitive[];
  /** Of the application's own files. */
  readonly residual?: readonly Primitive[];
}

/** A finding that doesn't count at the gate, for a reason and a time. */
export interface Waiver {
  readonly rule: RuleId;
  readonly path?: Glob;
  readonly package?: TextGlob;
  readonly image?: TextGlob;
  /** The worst level of a finding that it covers; what the rule says of itself if not given. */
  readonly level?: Level;
  readonly reason: string;
  /** The last day that it counts on, in UTC: "2027-03-01". */
  readonly expires: string;
  readonly span: Span;
}

/** Files that are needed although no chain of reasons leads to them. */
export interface Kept {
  readonly path: Glob;
  readonly reason: string;
  readonly expires?: string;
  readonly span: Span;
}

/** A pattern for names that are no paths of a tree: references, packages. */
export interface TextGlob {
  readonly text: string;
  readonly matches: (name: string) => boolean;
}

/** `*` and `?` stay within what slashes separate, `**` crosses it. */
export function textGlob(text: string): TextGlob {
  const source = text.replaceAll(/\*\*+|[*?]|[^*?]+/g, (part) => {
    if (part.startsWith("**")) return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : part.replaceAll(/[\\^$.|+()[\]{}/]/g, "\\$&");
  });
  const pattern = new RegExp(`^${source}$`, "su");
  return { text, matches: (name) => pattern.test(name) };
}
