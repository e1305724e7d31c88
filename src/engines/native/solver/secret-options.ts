// `--secret` and `--ssh`, as docker build has them.
import type { Diagnostic, Parsed } from "../../../base/diagnostics.ts";
import { nearestName } from "../../../base/nearest.ts";
import { optionFields } from "./option-fields.ts";

export interface SecretOption {
  readonly id: string;
  readonly source:
    | { readonly kind: "file"; readonly path: string }
    | { readonly kind: "variable"; readonly name: string }
    /** Only the id was given: the variable of that name, and where there is none, the file. */
    | { readonly kind: "either"; readonly name: string };
}

export interface SshOption {
  readonly id: string;
  /** Of the agent; absent: SSH_AUTH_SOCK. */
  readonly socket?: string;
}

/** "id=token,src=token.txt", "id=token,env=TOKEN", "id=token". */
export function parseSecretOption(text: string): Parsed<SecretOption> {
  const fields = optionFields(text);
  if (fields === undefined)
    return wrong(
      "secret-option",
      `--secret ${hidden(text)}: its fields are no KEY=VALUE, or one comes twice`,
    );
  const known = ["id", "src", "source", "env", "type"];
  for (const [key, value] of fields) {
    if (!known.includes(key)) {
      const near = nearestName(key, known);
      const hint = near === undefined ? "it takes id, src and env" : `did you mean ${JSON.stringify(near)}?`;
      return wrong("secret-option", `--secret has no field ${JSON.stringify(key)}`, hint);
    }
    if (value === undefined || value === "") return wrong("secret-option", `--secret: ${key} has no value`);
  }
  const type = fields.get("type");
  if (type !== undefined && type !== "file" && type !== "env") {
    return wrong("secret-option", `--secret: there is no type ${JSON.stringify(type)}`, "it is file or env");
  }
  const file = fields.get("src") ?? fields.get("source");
  const variable = fields.get("env");
  const id = fields.get("id") ?? (file === undefined ? variable : lastName(file));
  if (id === undefined) return wrong("secret-option", "--secret has no id", "write --secret id=ID,src=FILE");
  if (file !== undefined && variable !== undefined) {
    return wrong("secret-option", `--secret id=${id} has both a file and a variable`);
  }
  return { value: { id, source: sourceOf(id, type, file, variable) }, diagnostics: [] };
}

function sourceOf(
  id: string,
  type: string | undefined,
  file: string | undefined,
  variable: string | undefined,
): SecretOption["source"] {
  if (variable !== undefined) return { kind: "variable", name: variable };
  // With type=env, docker takes what stands in src for the variable.
  if (type === "env") return { kind: "variable", name: file ?? id };
  if (file !== undefined) return { kind: "file", path: file };
  return type === "file" ? { kind: "file", path: id } : { kind: "either", name: id };
}

/** "default", "github=/run/agent.sock". */
export function parseSshOption(text: string): Parsed<SshOption> {
  const cut = text.indexOf("=");
  const id = cut < 0 ? text : text.slice(0, cut);
  const socket = cut < 0 ? undefined : text.slice(cut + 1);
  if (!/^[A-Za-z0-9._-]+$/.test(id)) {
    return wrong(
      "ssh-option",
      `--ssh ${text}: ${JSON.stringify(id)} can't name an agent`,
      "write --ssh default, or --ssh ID=SOCKET",
    );
  }
  if (socket === "" || socket?.includes(",") === true) {
    return wrong(
      "ssh-option",
      `--ssh ${id}: one socket of an agent is needed`,
      "start ssh-agent, and add keys to it with ssh-add",
    );
  }
  return { value: { id, ...(socket === undefined ? {} : { socket }) }, diagnostics: [] };
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Someone may have written a secret where its name belongs. */
function hidden(text: string): string {
  return text.length > 20 ? `${text.slice(0, 3)}...` : text;
}

function wrong(rule: "secret-option" | "ssh-option", message: string, hint?: string): Parsed<never> {
  const diagnostic: Diagnostic = {
    severity: "error",
    rule,
    message,
    ...(hint === undefined ? {} : { hint }),
  };
  return { value: undefined, diagnostics: [diagnostic] };
}
