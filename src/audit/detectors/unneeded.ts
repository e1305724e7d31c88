// What no chain of reasons leads to, and what is needed and isn't there.
import type { Missing } from "../../closure/closure.ts";
import type { Facts } from "../../content/facts.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import { isNewFile } from "../programs/inodes.ts";
import { isExplained } from "../roles.ts";
import type { Subject } from "../subject.ts";
import { machineName } from "./config.ts";

export function unneededFindings(subject: Subject): Finding[] {
  const found: Finding[] = [];
  const explained = explainedLinks(subject);
  const unproven = new Map(subject.closure.unproven.map((one) => [one.path, one.why]));
  for (const entry of subject.tree.walk()) {
    if (entry.kind !== "file" || isExplained(subject.closure.role(entry.path))) continue;
    // Names of one inode are one file: it is needed where one of them is, and told once where none is.
    if (!isNewFile(explained, entry)) continue;
    const made = unneeded(subject, entry, unproven.get(entry.path));
    if (made !== undefined) found.push(made);
  }
  return [...found, ...subject.closure.missing.map((one) => missingFinding(subject, one))];
}

function explainedLinks({ closure, tree }: Subject): Set<string> {
  const links = new Set<string>();
  for (const entry of tree.walk()) {
    if (entry.kind === "file" && entry.link !== undefined && isExplained(closure.role(entry.path)))
      links.add(entry.link);
  }
  return links;
}

function unneeded(subject: Subject, entry: FileEntry, unproven: string | undefined): Finding | undefined {
  const { path } = entry;
  const { elf, script } = subject.facts(entry);
  const why = unproven === undefined ? undefined : `whose need is not proven: ${unproven}`;
  if (elf !== undefined) {
    const what = `${kindOf(elf)} ${why ?? "that nothing needs"}`;
    const evidence = [{ what: `an ELF file for ${machineName(elf.machine)}`, check: "readelf -hd FILE" }];
    return finding(subject, "unneeded-elf", { path, subject: kindOf(elf), what, evidence });
  }
  if (script === undefined) return undefined;
  const line = `#!${script.interpreter}${script.argument === undefined ? "" : ` ${script.argument}`}`;
  const evidence = [
    { what: `it begins with ${JSON.stringify(line.slice(0, 100))}`, check: "head -n 1 FILE" },
  ];
  return finding(subject, "unneeded-script", {
    path,
    subject: script.interpreter,
    what: `a script ${why ?? "that nothing needs"}`,
    evidence,
  });
}

function kindOf(elf: NonNullable<Facts["elf"]>): string {
  if (elf.interpreter !== undefined || (elf.program && elf.static)) return "a program";
  if (elf.type === "shared") return "a library";
  return elf.type === "relocatable" ? "an object file" : "an ELF file";
}

function missingFinding(subject: Subject, missing: Missing): Finding {
  const { evidence, kind, neededBy, what } = missing;
  const entry = subject.tree.lookup(neededBy as FileEntry["path"]);
  return finding(subject, "missing", {
    subject: `${kind} ${what}`,
    what: `the ${kind} ${what}, needed by ${neededBy}`,
    evidence: [{ what: evidence }],
    ...(entry === undefined ? {} : { path: entry.path }),
  });
}
