// What nobody can tell: programs that hide their content, archives that are locked, broken or too deep, programs in other files.
import type { Facts } from "../../content/facts.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import { isNeeded } from "../roles.ts";
import type { Subject } from "../subject.ts";

const placesMax = 5;

export function hiddenFindings(subject: Subject): Finding[] {
  const found: Finding[] = [];
  for (const entry of subject.tree.walk()) {
    if (entry.kind === "file") found.push(...ofFile(subject, entry));
  }
  for (const path of subject.unread ?? []) {
    const what = "a setting of accounts or libraries that is too large to be read";
    const evidence = [{ what: "its size, with that of the others", check: "wc -c FILE" }];
    found.push(finding(subject, "unread-content", { path, subject: "setting", what, evidence }));
  }
  return found;
}

/**
 * A Java runtime's own container of modules, which the program needs. Its content says so: whose file it is, is the image's claim.
 */
function isRuntimeOfItsOwn({ closure }: Subject, { path }: FileEntry, { container }: Facts): boolean {
  return container === "jimage" && isNeeded(closure.role(path));
}

function ofFile(subject: Subject, entry: FileEntry): Finding[] {
  const { path } = entry;
  const facts = subject.facts(entry);
  const { embeddedElf = [], hidden } = facts;
  const found: Finding[] = [];
  if (hidden !== undefined) {
    const rule = hidden.kind === "packed" ? "hidden-program" : "unread-content";
    found.push(
      finding(subject, rule, { path, subject: hidden.kind, what: hidden.why, evidence: hidden.evidence }),
    );
  }
  if (embeddedElf.length > 0) {
    const count = embeddedElf.length === 1 ? "an ELF file" : `${embeddedElf.length} ELF files`;
    const evidence = embeddedElf.slice(0, placesMax).map((at) => ({
      what: `an ELF header at byte ${at}`,
      check: `tail -c +${at + 1} FILE | file -`,
    }));
    const grade = isRuntimeOfItsOwn(subject, entry, facts)
      ? ({ severity: "info", atMost: null } as const)
      : {};
    found.push(
      finding(subject, "embedded-elf", {
        path,
        subject: "elf",
        what: `${count} inside it`,
        evidence,
        ...grade,
      }),
    );
  }
  return found;
}
