// Findings made the same way everywhere: grade and gate by the rule, layer and package by the path.
import type { Digest } from "../base/digest.ts";
import type { Evidence } from "../content/identity.ts";
import type { Entry } from "../tree/entry.ts";
import type { TreePath } from "../tree/path.ts";
import type { Finding } from "./finding.ts";
import type { Level } from "./levels.ts";
import type { PackageRef } from "./packages/package.ts";
import type { Primitive } from "./primitives.ts";
import { type RuleId, rules, type Severity } from "./rules.ts";
import type { Subject } from "./subject.ts";

interface Detail {
  readonly what: string;
  readonly subject: string;
  readonly evidence: readonly Evidence[];
  readonly path?: TreePath;
  /** Of a finding about a whole layer; a path has its own. */
  readonly layer?: Digest;
  /** In place of the rule's; null where it moves no level in this case. In a finding the member is absent then. */
  readonly atMost?: Level | null;
  readonly severity?: Severity;
  readonly primitives?: readonly Primitive[];
  readonly techniques?: readonly string[];
  readonly reason?: readonly string[];
}

/** A finding of the merged tree or the config. */
export function finding(subject: Subject, rule: RuleId, detail: Detail): Finding {
  const entry = detail.path === undefined ? undefined : subject.tree.lookup(detail.path);
  return make(subject, rule, detail, entry);
}

/** A finding of what only a lower layer holds. It moves no level unless `detail.atMost` says so. */
export function residueFinding(
  subject: Subject,
  rule: RuleId,
  entry: Entry,
  detail: Omit<Detail, "path">,
): Finding {
  return make(subject, rule, { atMost: null, ...detail, path: entry.path }, entry);
}

function make(subject: Subject, rule: RuleId, detail: Detail, entry: Entry | undefined): Finding {
  const { atMost: given, ...rest } = detail;
  const { atMost, severity } = rules[rule];
  const limit = given === undefined ? atMost : (given ?? undefined);
  const layer = layerOf(entry);
  const owner = entry === undefined ? undefined : subject.packages.ownerOf(entry);
  return {
    rule,
    severity,
    primitives: [],
    ...(limit === undefined ? {} : { atMost: limit }),
    ...rest,
    ...(layer === undefined ? {} : { layer }),
    ...(owner === undefined ? {} : { package: packageRef(owner) }),
  };
}

/** The layer that an entry came from last. */
export function layerOf(entry: Entry | undefined): Digest | undefined {
  const origin = entry?.origins.at(-1);
  return origin?.kind === "layer" ? origin.digest : undefined;
}

function packageRef({ architecture, name, type, version }: PackageRef): PackageRef {
  return { type, name, version, ...(architecture === undefined ? {} : { architecture }) };
}
