// RUN --mount=type=...,key=value (docs.docker.com/reference/dockerfile, "RUN --mount").
import type { Span } from "../../../base/diagnostics.ts";
import { nearestName } from "../../../base/nearest.ts";
import { Mistake } from "./mistake.ts";

export type MountKind = "bind" | "cache" | "tmpfs" | "secret" | "ssh";

/** As it is written: what an engine needs beside it, lowering adds. */
export interface Mount {
  readonly kind: MountKind;
  readonly from: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly id: string;
  readonly sharing: "shared" | "private" | "locked";
  readonly required: boolean;
  /** Of a secret; empty for its own name. */
  readonly variable?: string;
  readonly sizeBytes?: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const kinds: readonly string[] = ["bind", "cache", "tmpfs", "secret", "ssh"];
const sharings: readonly string[] = ["shared", "private", "locked"];
const otherNames: Readonly<Record<string, string>> = {
  src: "source",
  dst: "target",
  destination: "target",
  ro: "readonly",
  rw: "readwrite",
};
const keys: readonly string[] = [
  ...[
    "type",
    "from",
    "source",
    "target",
    "readonly",
    "readwrite",
    "required",
    "size",
    "id",
    "sharing",
    "mode",
    "uid",
    "gid",
    "env",
  ],
  ...Object.keys(otherNames),
];
const alone: readonly string[] = ["readonly", "readwrite", "required"];

/** Which keys make sense for which kind only. */
const kindsOfKey: Readonly<Record<string, readonly string[]>> = {
  size: ["tmpfs"],
  required: ["secret", "ssh"],
  mode: ["secret", "ssh", "cache"],
  uid: ["secret", "ssh", "cache"],
  gid: ["secret", "ssh", "cache"],
  sharing: ["cache"],
};

/** The value of `from` alone, which is known before any variable is. @throws Mistake "wrong-mount" */
export function mountSource(value: string, span: Span): string {
  let from = "";
  for (const field of fieldsOf(value, span)) {
    const equals = field.indexOf("=");
    if (equals < 0 || field.slice(0, equals).toLowerCase() !== "from") continue;
    from = field.slice(equals + 1);
    const dollar = from.indexOf("$");
    if (dollar >= 0 && dollar !== from.length - 1) {
      throw new Mistake(
        "wrong-mount",
        span,
        "from takes no variables",
        "name a stage with FROM, which takes those of ARGs before the first FROM",
      );
    }
  }
  return from;
}

/** `expand` fills in the variables of a value. @throws Mistake "wrong-mount" */
export function readMount(value: string, span: Span, expand: (text: string) => string): Mount {
  const given = new Map<string, string>();
  for (const field of fieldsOf(value, span)) {
    const equals = field.indexOf("=");
    const written = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const key = otherNames[written] ?? written;
    if (!keys.includes(key)) {
      const near = nearestName(written, keys);
      throw new Mistake(
        "wrong-mount",
        span,
        `--mount has no key ${written}`,
        near === undefined ? undefined : `did you mean ${near}?`,
      );
    }
    if (equals < 0 && !alone.includes(key)) {
      throw new Mistake("wrong-mount", span, `${written} of --mount lacks its value`, `write ${written}=...`);
    }
    given.set(key, equals < 0 ? "true" : expand(field.slice(equals + 1)));
  }
  const kind = oneOf(given.get("type") ?? "bind", kinds, "type", span) as MountKind;
  for (const [key, allowed] of Object.entries(kindsOfKey)) {
    if (given.has(key) && !allowed.includes(kind)) {
      throw new Mistake(
        "wrong-mount",
        span,
        `${key} makes no sense for a mount of type ${kind}`,
        `it is for ${allowed.join(", ")}`,
      );
    }
  }
  const mount = valuesOf(kind, given, span);
  checkSecret(mount, given, span);
  return mount;
}

function valuesOf(kind: MountKind, given: ReadonlyMap<string, string>, span: Span): Mount {
  const number = (key: "mode" | "uid" | "gid"): { [name in typeof key]?: number } => {
    const text = given.get(key);
    return text === undefined ? {} : { [key]: numberOf(key, text, span) };
  };
  const size = given.get("size");
  const variable = given.get("env");
  return {
    kind,
    from: given.get("from") ?? "",
    source: given.get("source") ?? "",
    target: given.get("target") ?? "",
    readOnly: isReadOnly(kind, given, span),
    id: given.get("id") ?? "",
    sharing: oneOf(given.get("sharing") ?? "shared", sharings, "sharing", span) as Mount["sharing"],
    required: truth(given.get("required") ?? "false", "required", span),
    ...(variable === undefined ? {} : { variable }),
    ...(size === undefined ? {} : { sizeBytes: sizeOf(size, span) }),
    ...number("mode"),
    ...number("uid"),
    ...number("gid"),
  };
}

/** The last of both says; caches and memory can be written unless something else is said. */
function isReadOnly(kind: MountKind, given: ReadonlyMap<string, string>, span: Span): boolean {
  let readOnly = kind !== "cache" && kind !== "tmpfs";
  for (const [key, value] of given) {
    if (key === "readonly") readOnly = truth(value, key, span);
    if (key === "readwrite") readOnly = !truth(value, key, span);
  }
  return readOnly;
}

function checkSecret(mount: Mount, given: ReadonlyMap<string, string>, span: Span): void {
  if (mount.kind === "ssh" && mount.source !== "") {
    throw new Mistake("wrong-mount", span, "a mount of type ssh has no source", "its agent is named by id");
  }
  if (mount.kind !== "secret") return;
  if (mount.from !== "") throw new Mistake("wrong-mount", span, "a secret comes from no stage: remove from");
  if (mount.source !== "" && given.has("id") && mount.id !== "") {
    throw new Mistake("wrong-mount", span, "a secret has a source or an id, and not both");
  }
  if (mount.source === "" && mount.target === "" && mount.id === "") {
    throw new Mistake("wrong-mount", span, "the mount does not say which secret it is", "name it with id=");
  }
}

function oneOf(value: string, valid: readonly string[], key: string, span: Span): string {
  const lower = value.toLowerCase();
  if (valid.includes(lower)) return lower;
  const near = nearestName(lower, valid);
  const hint = near === undefined ? `it is one of ${valid.join(", ")}` : `did you mean ${near}?`;
  throw new Mistake("wrong-mount", span, `${key} of --mount can't be "${value}"`, hint);
}

/** As Go reads booleans. */
function truth(value: string, key: string, span: Span): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(value)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(value)) return false;
  throw new Mistake("wrong-mount", span, `${key} of --mount can't be "${value}"`, "it is true or false");
}

function numberOf(key: "mode" | "uid" | "gid", text: string, span: Span): number {
  const octal = key === "mode";
  const number = (octal ? /^[0-7]+$/ : /^\d+$/).test(text)
    ? Number.parseInt(text, octal ? 8 : 10)
    : Number.NaN;
  if (number <= 0xffff_ffff) return number;
  throw new Mistake(
    "wrong-mount",
    span,
    `${key} of --mount can't be "${text}"`,
    octal ? "it is octal digits" : "it is a number",
  );
}

const sizeUnits: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
};

function sizeOf(text: string, span: Span): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text);
  const size = Math.trunc(
    Number(match?.[1] ?? Number.NaN) * (sizeUnits[(match?.[2] ?? "").toLowerCase()] ?? 1),
  );
  if (Number.isSafeInteger(size)) return size;
  throw new Mistake("wrong-mount", span, `size of --mount can't be "${text}"`, "write 64m or 1g");
}

/** One line of comma-separated values (RFC 4180). */
function fieldsOf(value: string, span: Span): readonly string[] {
  const fields: string[] = [];
  let index = 0;
  while (index <= value.length) {
    if (value[index] !== '"') {
      const comma = value.indexOf(",", index);
      const end = comma < 0 ? value.length : comma;
      fields.push(value.slice(index, end));
      index = end + 1;
      continue;
    }
    const close = closingQuote(value, index + 1);
    if (close === undefined || (close + 1 < value.length && value[close + 1] !== ",")) {
      throw new Mistake(
        "wrong-mount",
        span,
        "a double quote of --mount stands alone",
        "quote a whole key=value, and double quotes in it twice",
      );
    }
    fields.push(value.slice(index + 1, close).replaceAll('""', '"'));
    index = close + 2;
  }
  return fields;
}

function closingQuote(value: string, start: number): number | undefined {
  for (let index = start; index < value.length; index++) {
    if (value[index] !== '"') continue;
    if (value[index + 1] !== '"') return index;
    index++;
  }
  return undefined;
}
