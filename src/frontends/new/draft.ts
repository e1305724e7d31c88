// A distill.yaml in the making: values with comments above them, printed as YAML. A comment may stand where there is nothing to
// say in YAML: it goes in front of what follows, or to the end of its list.
import { Document, isScalar, Pair, Scalar, visit, YAMLMap, YAMLSeq } from "yaml";
import type { Json } from "../../base/canonical-json.ts";

export type Draft =
  /** On one line where it fits, as people write short lists and maps. */
  | { readonly kind: "plain"; readonly value: Json }
  | { readonly kind: "list"; readonly items: readonly Item[] }
  | { readonly kind: "map"; readonly entries: readonly Entry[] };

export interface Item {
  readonly comments: readonly string[];
  /** Absent where there is a comment only. */
  readonly draft?: Draft;
}

export interface Entry extends Item {
  readonly key: string;
}

export function plain(value: Json, ...comments: readonly string[]): Item {
  return { comments, draft: { kind: "plain", value } };
}

/** One or more comments, and no value. */
export function remark(...comments: readonly string[]): Item {
  return { comments };
}

export function list(items: readonly Item[], ...comments: readonly string[]): Item {
  return { comments, draft: { kind: "list", items } };
}

export function map(
  entries: Readonly<Record<string, Item | undefined>>,
  ...comments: readonly string[]
): Item {
  const given = Object.entries(entries).flatMap(([key, item]) =>
    item === undefined ? [] : [{ key, ...item }],
  );
  return { comments, draft: { kind: "map", entries: given } };
}

/** `head` stands above all. */
export function printDraft(root: Item, head: readonly string[]): string {
  const document = new Document();
  const settled = settle(root);
  document.contents = nodeOf(document, settled.draft ?? { kind: "map", entries: [] });
  const comments = [...head, ...settled.comments];
  if (comments.length > 0) document.commentBefore = commentText(comments);
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === "string" && node.value.search(unseen) >= 0) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  // Comments hold none of them, so that each stands in double quotes.
  return document
    .toString({ lineWidth: 0, flowCollectionPadding: false })
    .replace(unseen, (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`);
}

/** What YAML allows and nobody sees, or what reorders what is seen. */
const unseen = /[\u007f-\u009f\u2028\u2029\ufeff\p{Cf}]/gu;

/** How many places need somebody's hand or eye. */
export function countComments({ comments, draft }: Item): number {
  const below =
    draft === undefined || draft.kind === "plain" ? [] : draft.kind === "list" ? draft.items : draft.entries;
  return below.reduce((sum, item) => sum + countComments(item), comments.length > 0 ? 1 : 0);
}

/** Without lists and maps that hold nothing but comments: those go to what holds them. */
function settle(item: Item): Item {
  const { comments, draft } = item;
  if (draft === undefined || draft.kind === "plain") return item;
  if (draft.kind === "list") {
    const items = draft.items.map(settle);
    if (items.some((one) => one.draft !== undefined)) return { comments, draft: { kind: "list", items } };
    return { comments: [...comments, ...items.flatMap((one) => one.comments)] };
  }
  const entries = draft.entries.map((entry) => ({ key: entry.key, ...settle(entry) }));
  if (entries.some((one) => one.draft !== undefined)) return { comments, draft: { kind: "map", entries } };
  return { comments: [...comments, ...entries.flatMap((one) => one.comments)] };
}

function nodeOf(document: Document, draft: Draft): YAMLMap | YAMLSeq | Scalar {
  if (draft.kind === "plain") return plainNode(document, draft.value);
  const items = draft.kind === "list" ? draft.items : draft.entries;
  const { placed, trailing } = place(items);
  const collection = draft.kind === "list" ? new YAMLSeq(document.schema) : new YAMLMap(document.schema);
  if (trailing.length > 0) collection.comment = commentText(trailing);
  for (const { comments, item } of placed) {
    const node = nodeOf(document, item.draft);
    const key = "key" in item && typeof item.key === "string" ? new Scalar(item.key) : undefined;
    if (comments.length > 0) (key ?? node).commentBefore = commentText(comments);
    if (collection instanceof YAMLSeq) collection.items.push(node);
    else collection.items.push(new Pair<unknown>(key, node));
  }
  return collection;
}

/** Comments without a value go to the next one that has; `trailing` are those with none behind them. */
function place<T extends Item>(
  items: readonly T[],
): {
  readonly placed: readonly {
    readonly comments: readonly string[];
    readonly item: T & { readonly draft: Draft };
  }[];
  readonly trailing: readonly string[];
} {
  const placed = [];
  let pending: readonly string[] = [];
  for (const item of items) {
    const comments = [...pending, ...item.comments];
    if (item.draft === undefined) pending = comments;
    else {
      placed.push({ comments, item: { ...item, draft: item.draft } });
      pending = [];
    }
  }
  return { placed, trailing: pending };
}

function plainNode(document: Document, value: Json): YAMLMap | YAMLSeq | Scalar {
  const node = document.createNode(value, { flow: isFlow(value) }) as YAMLMap | YAMLSeq | Scalar;
  // A text of several lines is easier to read as a block.
  if (isScalar(node) && typeof value === "string" && /^[^\s][^\t\r]*\n/.test(value)) {
    node.type = Scalar.BLOCK_LITERAL;
  }
  // YAML 1.1 has numbers of base 60: 65532:65532 would be one.
  if (isScalar(node) && typeof value === "string" && /^\d+:\d+$/.test(value)) node.type = Scalar.QUOTE_DOUBLE;
  return node;
}

const flowLengthMax = 100;

function isFlow(value: Json): boolean {
  const text = JSON.stringify(value);
  return text.length <= flowLengthMax && !text.includes("\\n");
}

/** Nothing in it ends the comment, is no character of YAML, or hides. */
function commentText(comments: readonly string[]): string {
  return comments
    .flatMap((comment) => comment.split(/\r\n|[\n\r\u0085\u2028\u2029]/))
    .map((line) => ` ${line.replace(/(?!\t)[\p{Cc}\p{Cf}\p{Cs}\ufffe\uffff]/gu, "\ufffd")}`)
    .join("\n");
}
