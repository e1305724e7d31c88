// A start-up that needs a shell: by the steps that it takes (audit/startup).

import { treePath } from "../../tree/path.ts";
import type { Finding, StartupStep } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Subject } from "../subject.ts";

/** One for each command of the config that is a shell's, for each script of the start-up that a shell runs. */
export function startupFindings(subject: Subject, steps: readonly StartupStep[]): Finding[] {
  return steps.flatMap((step) => (step.kind === "shell" ? shellFinding(subject, step) : []));
}

function shellFinding(subject: Subject, step: StartupStep): Finding[] {
  const { command, from, path } = step;
  const there = path === undefined ? ", which is not there" : "";
  const script = /^(.*):1$/s.exec(from)?.[1];
  if (script !== undefined && command.startsWith("#!")) {
    const at = treePath(script);
    return [
      finding(subject, "shell-startup", {
        ...(at === undefined ? {} : { path: at }),
        subject: "script",
        what: `the start-up runs a script for a shell (${command}${there})`,
        evidence: [{ what: `it begins with ${JSON.stringify(command)}`, check: "head -n 1 FILE" }],
        primitives: ["shell"],
      }),
    ];
  }
  // What a shell script does with further shells, it does because it is one.
  if (/:\d+$/.test(from)) return [];
  return [
    finding(subject, "shell-startup", {
      ...(path === undefined ? {} : { path }),
      subject: from,
      what: `the ${nameOf(from)} starts a shell${there}: ${command}`,
      evidence: [{ what: command, check: checkOf(from) }],
      primitives: ["shell"],
    }),
  ];
}

function nameOf(from: string): string {
  return from.startsWith("/") ? `script of ${from}` : from;
}

function checkOf(from: string): string {
  if (from === "healthcheck") return "jq .config.Healthcheck CONFIG";
  if (from.startsWith("/")) return "jq .scripts FILE";
  return "jq '.config | {Entrypoint, Cmd}' CONFIG";
}
