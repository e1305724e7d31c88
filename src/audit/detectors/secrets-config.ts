// Secrets in the config and its history: values of variables, labels and arguments whose names say that they are secret, and
// whatever is a secret by its structure.
import { secretsIn } from "../../content/secrets/secrets.ts";
import { inMemory } from "../../formats/random-access.ts";
import { configTexts } from "../config-secrets/texts.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Subject } from "../subject.ts";

export function configSecretFindings(subject: Subject): Finding[] {
  const { config } = subject;
  if (config === undefined) return [];
  const told = new Set<string>();
  const found: Finding[] = [];
  const add = (secret: string, what: string, evidence: string, check: string): void => {
    const detail = { subject: secret, what, evidence: [{ what: evidence, check }] };
    found.push(finding(subject, "secret-in-config", detail));
  };
  for (const { check, named, text, where } of configTexts(config)) {
    for (const { name, value } of named) {
      if (told.has(`${name}=${value}`)) continue;
      told.add(`${name}=${value}`);
      add(name, `${where} gives ${name} a value`, `${name} has a value of ${value.length} characters`, check);
    }
    // What was told by its name, here or where the same is set, needn't be told by its structure.
    if (named.length > 0 || told.has(text)) continue;
    for (const { at, id, what } of secretsIn(inMemory(Buffer.from(text)), "text")) {
      told.add(text);
      add(id, `${where} holds ${what}`, `${what} at byte ${at} of it`, check);
    }
  }
  return found;
}
