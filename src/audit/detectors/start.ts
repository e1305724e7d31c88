// Whether there is anything to start: what the config names first has to be a program that the kernel runs (execve(2)). What isn't
// there at all is told as missing.
import { programNamed } from "../../closure/launch.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Subject } from "../subject.ts";

export function startFindings(subject: Subject): Finding[] {
  const { command, entrypoint } = subject.launch;
  const [first] = [...entrypoint, ...command];
  const list = entrypoint.length > 0 ? "Entrypoint" : "Cmd";
  if (first === undefined) {
    const what =
      subject.config === undefined
        ? "a bare tree says nothing of what it starts"
        : "the config has neither an entrypoint nor a command";
    const evidence = [{ what: "Entrypoint and Cmd are empty" }];
    return [finding(subject, "no-start", { subject: "entrypoint", what, evidence })];
  }
  const fault = faultOf(subject, first);
  if (fault === undefined) return [];
  const what = `what the image starts can't be started: ${JSON.stringify(first)} ${fault}`;
  const evidence = [
    { what: `the first word of ${list} is ${JSON.stringify(first)}`, check: `jq .config.${list} CONFIG` },
  ];
  return [finding(subject, "no-start", { subject: "program", what, evidence })];
}

/** Why the kernel doesn't run it; undefined where it does, as far as the file itself tells. */
function faultOf(subject: Subject, word: string): string | undefined {
  const named = programNamed(word, subject.launch, subject.tree);
  const entry = named === undefined ? undefined : resolve(subject.tree, named)?.entry;
  if (entry === undefined) return undefined;
  if (entry.kind !== "file") return `is a ${entry.kind}`;
  if ((entry.mode & 0o111) === 0) return "is not executable";
  const { elf, magic } = subject.facts(entry);
  // Of an ELF file that can't be read, that is told.
  if (magic === "elf") return elf?.type === "relocatable" ? "is an object file" : undefined;
  return magic === "script" ? undefined : "is neither an ELF file nor a script";
}
