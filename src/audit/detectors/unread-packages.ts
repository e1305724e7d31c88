// Package databases that are there and can't be read. Whose a file is decides no level, so neither does not knowing it.
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Subject } from "../subject.ts";

export function unreadPackageFindings(subject: Subject): Finding[] {
  return subject.packages.unreadable.map(({ path, why }) =>
    finding(subject, "unread-packages", {
      path,
      subject: "database",
      what: `a package database that can't be read: ${why}`,
      evidence: [{ what: why }],
    }),
  );
}
