// A YAML document as plain values with their places. Invariant: nodes form a finite tree (yaml-reader.ts bounds it).
import type { Span } from "../../base/diagnostics.ts";

export interface ScalarNode {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As written, without quotes: `3.10` stays "3.10", and `0644` stays "0644". */
  readonly source: string;
  /** Without quotes: what YAML may have taken for a number, a boolean or nothing. */
  readonly plain: boolean;
  readonly span: Span;
}

interface ListNode {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
  readonly span: Span;
}

export interface MapEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: YamlNode;
}

export interface MapNode {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
  readonly span: Span;
}

export type YamlNode = ScalarNode | ListNode | MapNode;
