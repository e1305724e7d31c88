// The YAML library's document to the nodes of yaml-nodes.ts: aliases followed, limits kept, what no file of a user uses refused.
import { type Document, isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Diagnostic, Span } from "../../base/diagnostics.ts";
import { limits } from "../../base/limits.ts";
import { collectProblems, type Problems } from "./problems.ts";
import type { MapEntry, ScalarNode, YamlNode } from "./yaml-nodes.ts";

type SpanOf = (start: number, end: number) => Span;

/** One pass over a document, and what it has used up so far. */
interface Pass {
  readonly document: Document;
  readonly text: string;
  readonly spanOf: SpanOf;
  readonly problems: Problems;
  nodes: number;
  aliases: number;
  /** A limit was hit: nothing more is read. */
  stopped: boolean;
}

interface Pair {
  readonly key: unknown;
  readonly value: unknown;
}

/** The nodes of a document that has no syntax errors. Nodes that are refused are left out, each with its problem. */
export function readNodes(
  document: Document,
  text: string,
  spanOf: SpanOf,
): { readonly root: YamlNode | undefined; readonly problems: readonly Diagnostic[] } {
  const problems = collectProblems();
  const pass: Pass = { document, text, spanOf, problems, nodes: 0, aliases: 0, stopped: false };
  const root = readNode(pass, document.contents, 0, spanOf(0, 1));
  return { root, problems: problems.found };
}

/** `fallback` is the place of a value that isn't written ("key:" and nothing after it). */
function readNode(pass: Pass, node: unknown, depth: number, fallback: Span): YamlNode | undefined {
  const range = rangeOf(node);
  const span = range === undefined ? fallback : pass.spanOf(range[0], range[1]);
  if (!withinLimits(pass, depth, span)) return undefined;
  if (isAlias(node)) {
    pass.aliases += 1;
    const target = node.resolve(pass.document);
    if (target !== undefined) return readNode(pass, target, depth + 1, span);
    pass.problems.error("unknown-alias", span, `there is no anchor &${node.source} above`);
    return undefined;
  }
  if (writtenTag(node) !== undefined && range !== undefined) {
    refuseTag(pass, range[0]);
    return undefined;
  }
  if (isMap(node)) return { kind: "map", entries: readEntries(pass, node.items, depth, span), span };
  if (!isSeq(node)) return scalarNode(node, span);
  const items = node.items.flatMap((item) => readNode(pass, item, depth + 1, span) ?? []);
  return { kind: "list", items, span };
}

/** A tag stands before the node that it is of, which may be nothing. */
function refuseTag(pass: Pass, nodeStart: number): void {
  const { text } = pass;
  let end = nodeStart;
  while (end > 0 && /\s/.test(text.charAt(end - 1))) end -= 1;
  let word = end;
  while (word > 0 && /[^\s,[\]{}]/.test(text.charAt(word - 1))) word -= 1;
  // A key in quotes may touch it: {"a":!tag b}. In angle brackets it may hold a comma.
  const within = text.slice(word, end).indexOf("!");
  const start = within < 0 ? Math.max(text.lastIndexOf("!", word), 0) : word + within;
  const tag = text.slice(start, end);
  const hint = `quote a text that begins with "!": "${tag}"`;
  const span = pass.spanOf(start, start + tag.length);
  pass.problems.error("yaml-feature", span, `the tag ${tag} is not used here`, hint);
}

function withinLimits(pass: Pass, depth: number, span: Span): boolean {
  if (pass.stopped) return false;
  pass.nodes += 1;
  const hit =
    pass.nodes > limits.yamlNodesMax
      ? `the file holds more than ${limits.yamlNodesMax} values (yamlNodesMax)`
      : pass.aliases > limits.yamlAliasesMax
        ? `the file follows more than ${limits.yamlAliasesMax} aliases (yamlAliasesMax)`
        : depth > limits.yamlDepthMax
          ? `lists and maps are nested more than ${limits.yamlDepthMax} deep (yamlDepthMax)`
          : undefined;
  if (hit === undefined) return true;
  pass.problems.error("yaml-limit", span, hit);
  pass.stopped = true;
  return false;
}

function readEntries(pass: Pass, pairs: readonly Pair[], depth: number, mapSpan: Span): MapEntry[] {
  const entries: MapEntry[] = [];
  const seen = new Map<string, Span>();
  for (const pair of pairs) {
    const range = rangeOf(pair.key);
    const keySpan = range === undefined ? mapSpan : pass.spanOf(range[0], range[1]);
    const key = keyText(pair.key);
    const first = key === undefined ? undefined : seen.get(key);
    if (key === undefined) pass.problems.error("yaml-feature", keySpan, "a key must be a plain text");
    else if (key === "<<") {
      pass.problems.error(
        "yaml-feature",
        keySpan,
        "merge keys (<<) are not used here",
        "write the fields out",
      );
    } else if (first !== undefined) {
      pass.problems.error(
        "duplicate-key",
        keySpan,
        `${key} is given twice; the first is on line ${first.line}`,
      );
    } else {
      seen.set(key, keySpan);
      const value = readNode(pass, pair.value, depth + 1, keySpan);
      if (value !== undefined) entries.push({ key, keySpan, value });
    }
    if (pass.stopped) break;
  }
  return entries;
}

function scalarNode(node: unknown, span: Span): ScalarNode {
  if (!isScalar(node)) return { kind: "scalar", value: null, source: "", plain: true, span };
  const { value } = node;
  const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const source = node.source ?? "";
  return { kind: "scalar", value: known ? value : null, source, plain: node.type === "PLAIN", span };
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key) || writtenTag(key) !== undefined) return undefined;
  if (typeof key.value === "string") return key.value;
  return key.source === undefined || key.source === "" ? undefined : key.source;
}

function writtenTag(node: unknown): string | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) ? node.tag : undefined;
}

function rangeOf(node: unknown): readonly [number, number] | undefined {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return undefined;
  const { range } = node;
  return range === undefined || range === null ? undefined : [range[0], range[1]];
}
