// Secrets in the config and its history: values of variables, labels and arguments whose names say that they are secret, and
// whatever is a secret by its structure.

import { isPlaceholder } from "../../content/secrets/randomness.ts";
import { secretsIn } from "../../content/secrets/secrets.ts";
import { inMemory } from "../../formats/random-access.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Subject } from "../subject.ts";

/** A text of the config, and where it stands. */
interface Text {
  /** "the variable DB_PASSWORD", "history entry 3". */
  readonly where: string;
  readonly text: string;
  /** A command that shows where, without the value. */
  readonly check: string;
}

interface Assignment {
  readonly name: string;
  readonly value: string;
}

export function configSecretFindings(subject: Subject): Finding[] {
  const { config } = subject;
  if (config === undefined) return [];
  const run = config.config ?? {};
  const told = new Set<string>();
  const found: Finding[] = [];
  const add = (secret: string, what: string, evidence: string, check: string): void => {
    const told = { subject: secret, what, evidence: [{ what: evidence, check }] };
    found.push(finding(subject, "secret-in-config", told));
  };
  const look = ({ check, text, where }: Text, assignments: readonly Assignment[]): void => {
    const values = assignments.filter(({ name, value }) => saysSecret(name) && isValue(value));
    const fresh = values.filter(({ name, value }) => !told.has(`${name}=${value}`));
    for (const { name, value } of fresh) {
      told.add(`${name}=${value}`);
      add(name, `${where} gives ${name} a value`, `${name} has a value of ${value.length} characters`, check);
    }
    // What was told by its name, here or where the same is set, needn't be told by its structure.
    if (values.length > 0) return;
    for (const { at, id, what } of secretsIn(inMemory(Buffer.from(text)), "text"))
      add(id, `${where} holds ${what}`, `${what} at byte ${at} of it`, check);
  };
  for (const variable of run.Env ?? []) {
    const [name = "", value = ""] = variable.split(/=(.*)/s);
    const check = "jq -r '.config.Env[] | split(\"=\")[0]' CONFIG";
    look({ where: "the environment", text: variable, check }, [{ name, value }]);
  }
  for (const [name, value] of Object.entries(run.Labels ?? {}))
    look({ where: "a label", text: value, check: "jq '.config.Labels | keys' CONFIG" }, [{ name, value }]);
  for (const [member, list] of argumentLists(subject)) {
    const check = `jq '.config.${member} | map(length)' CONFIG`;
    look({ where: `the config's ${member}`, text: list.join("\n"), check }, optionsOf(list));
  }
  for (const [index, entry] of (config.history ?? []).entries()) {
    const text = `${entry.created_by ?? ""}\n${entry.comment ?? ""}`;
    const check = `jq -r '.history[${index}].created_by' CONFIG | grep -oE '[A-Za-z_]+='`;
    look({ where: `history entry ${index + 1}`, text, check }, assignmentsOf(text));
  }
  return found;
}

function argumentLists({ config }: Subject): [string, readonly string[]][] {
  const run = config?.config ?? {};
  return [
    ["Entrypoint", run.Entrypoint ?? []],
    ["Cmd", run.Cmd ?? []],
    ["Healthcheck.Test", run.Healthcheck?.Test ?? []],
  ];
}

/** Options of an argument list: `--password=x`, `--password x`; and what a shell's command line among them assigns. */
function optionsOf(list: readonly string[]): Assignment[] {
  return list.flatMap((argument, index) => {
    const option = /^--?([A-Za-z][\w-]{0,63})(?:=(.*))?$/s.exec(argument);
    if (option === null) return assignmentsOf(argument);
    const next = list[index + 1] ?? "";
    const value = option[2] ?? (next.startsWith("-") ? "" : next);
    return [{ name: option[1] ?? "", value }];
  });
}

const textLengthMax = 65_536;
const assignment =
  /(?<![\w$-])(?:--?)?([A-Za-z_][\w-]{1,63})=(?:"((?:[^"\\]|\\.){0,2000})"|'([^']{0,2000})'|([^\s;|&"'`]{1,2000}))/gs;
const option =
  /(?<!\S)--([a-z][a-z-]{2,40})[ \t]+(?:"([^"]{0,2000})"|'([^']{0,2000})'|([^\s;|&"'`-][^\s;|&"'`]{0,2000}))/g;
/** Dockerfile's older form: `ENV NAME value`, as a history's entry ends. */
const oldForm = /(?:^|\s)ENV\s+([A-Za-z_]\w{1,63})\s+([^\s=]{1,2000})\s*$/gm;

/** What a line of a build sets: ENV, ARG, build arguments (`|1 TOKEN=x`), variables and options of a command. */
function assignmentsOf(text: string): Assignment[] {
  const short = text.slice(0, textLengthMax);
  return [assignment, option, oldForm].flatMap((form) =>
    [...short.matchAll(form)].map(([, name = "", ...values]) => ({ name, value: values.join("") })),
  );
}

/** At the end of a name: DB_PASSWORD, dbPassword, SECRET_KEY_BASE, NPM_TOKEN; not TOKEN_TTL, not PASSWORD_FILE. */
const secretNames =
  /(?:password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key|secret_?key(?:_?base)?|account_?key|signing_?key|encryption_?key|master_?key|deploy_?key|license_?key|credentials?|(?:^|_)(?:pass|pwd))\d{0,2}$/i;
/** Names that end like a secret's and hold none. */
const otherNames =
  /^(?:pwd|oldpwd)$|(?:public|publishable|anon|cancellation|csrf|next|page|continuation|max|min|no|use|allow|require|disable|enable|has|empty|random)[_-]?(?:\w+_)?(?:password|token|key|secret)$/i;

function saysSecret(name: string): boolean {
  const plain = name.replaceAll(/[.-]/g, "_");
  return secretNames.test(plain) && !otherNames.test(plain);
}

const valueLengthMin = 4;

/** Whether it is a value, no reference to one: a path, a variable, a name of something that is filled in. */
function isValue(value: string): boolean {
  if (value.length < valueLengthMin || isPlaceholder(value)) return false;
  if (/^(?:\.{0,2}\/|~\/|file:|env:|vault:|secret:|arn:|projects\/)/.test(value)) return false;
  // A command fills it in, or a shell.
  return !/^\$|\$[({A-Z]|^`/.test(value);
}
