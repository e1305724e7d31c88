// Owners and modes: chown(1), chgrp(1), chmod(1), and dpkg-statoverride(1) that keeps them.
import { emit, isPrivate } from "../emit.ts";
import { hasPattern } from "../pattern.ts";
import {
  type Call,
  failure,
  type Handler,
  literal,
  notUnderstood,
  parseOptions,
  pathsOf,
  success,
} from "./call.ts";

const attributeOptions = [
  "R=recursive",
  "h=no-dereference",
  "c=changes",
  "f=silent=quiet",
  "v=verbose",
  "H",
  "L",
  "P",
  "dereference",
  "reference:",
  "from:",
  "preserve-root",
];

/** "user:group", "user", ":group", and the old "user.group". */
function parseOwner(text: string): { user?: string; group?: string } | undefined {
  const match = /^([A-Za-z0-9_-]+)?(?:[:.]([A-Za-z0-9_-]+)?)?$/.exec(text);
  if (match === null || text === "") return undefined;
  const [, user, named] = match;
  const group = named ?? (text.endsWith(":") ? user : undefined);
  return { ...(user === undefined ? {} : { user }), ...(group === undefined ? {} : { group }) };
}

interface Change {
  readonly mode?: string;
  readonly user?: string;
  readonly group?: string;
}

function change(
  call: Call,
  words: readonly string[],
  read: (text: string) => Change | undefined,
): ReturnType<Handler> {
  // `chmod -x FILE`: a mode may begin with a minus sign.
  const modeLike = call.name === "chmod" && /^-[rwxXst]+$/.test(words[0] ?? "");
  const options = parseOptions(modeLike ? words.slice(1) : words, attributeOptions);
  if (options.stranger !== undefined)
    return notUnderstood(call, `its option ${options.stranger} is not modelled`);
  if (options.values.has("reference") || options.values.has("from")) {
    return notUnderstood(call, "it takes what it sets from another file");
  }
  const [text = "", ...names] = modeLike ? [words[0] ?? "", ...options.operands] : options.operands;
  const wanted = read(text);
  if (wanted === undefined) return notUnderstood(call, `"${text}" is not understood`);
  const paths = pathsOf(call, names);
  for (const [index, path] of paths.entries()) {
    if (path === undefined || (call.fields.some(isGlob) && hasPattern(names[index] ?? ""))) {
      return notUnderstood(call, "which files it changes is not known");
    }
    if (isPrivate(path)) continue;
    const recursive = options.values.has("recursive");
    emit(call.state, call.extent, { kind: "attributes", path, ...wanted, recursive });
  }
  return success;
}

function isGlob({ pattern }: Call["fields"][number]): boolean {
  return pattern !== undefined;
}

const modePattern =
  /^(?:0?[0-7]{1,4}|[ugoa]*[-+=][rwxXstugo]*(?:[-+=][rwxXstugo]*)*(?:,[ugoa]*[-+=][rwxXstugo]*)*)$/;

function overrideAttributes(call: Call, words: readonly string[]): ReturnType<Handler> {
  const options = parseOptions(words, [
    "update",
    "force",
    "force-all",
    "quiet",
    "add",
    "remove",
    "list",
    "admindir:",
  ]);
  const { values, operands } = options;
  const { overrides } = call.state;
  if (values.has("list")) return operands.some((operand) => overrides.has(operand)) ? { status: 0 } : failure;
  if (values.has("remove")) {
    const removed = operands.filter((operand) => overrides.delete(operand));
    return removed.length > 0 ? notUnderstood(call, "it takes back an override of its own") : success;
  }
  const [user, group, mode, name] = operands;
  const [path] = name === undefined ? [undefined] : pathsOf(call, [name]);
  if (
    !values.has("add") ||
    user === undefined ||
    group === undefined ||
    mode === undefined ||
    path === undefined
  ) {
    return notUnderstood(call, "this form of dpkg-statoverride is not modelled");
  }
  overrides.add(path);
  emit(call.state, call.extent, { kind: "stat-override", path, user, group, mode });
  return success;
}

export const attributeCommands: Readonly<Record<string, Handler>> = {
  chown: literal((call, words) => change(call, words, parseOwner)),
  chgrp: literal((call, words) =>
    change(call, words, (group) => (/^[A-Za-z0-9_-]+$/.test(group) ? { group } : undefined)),
  ),
  chmod: literal((call, words) =>
    change(call, words, (mode) => (modePattern.test(mode) ? { mode } : undefined)),
  ),
  "dpkg-statoverride": literal(overrideAttributes),
};
