// What the config says and doesn't: metadata, the platform of what runs.
import type { FileEntry } from "../../tree/entry.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Subject } from "../subject.ts";

/** The labels that tell where an image comes from (image-spec annotations.md). */
const wantedLabels = ["source", "revision", "licenses"].map((name) => `org.opencontainers.image.${name}`);

export function metadataFindings(subject: Subject): Finding[] {
  const { config } = subject;
  if (config === undefined) return [];
  const missing = wantedLabels.filter((label) => (config.config?.Labels?.[label] ?? "") === "");
  if (missing.length === 0) return [];
  const what = `no label ${missing.join(", ")}`;
  return [
    finding(subject, "missing-metadata", {
      what,
      subject: "labels",
      evidence: [{ what, check: "jq .config.Labels CONFIG" }],
    }),
  ];
}

/** e_machine values of the architectures that images name (GOARCH; the ELF specification and its supplements). */
const machines: Readonly<Record<string, number>> = {
  amd64: 62,
  "386": 3,
  arm: 40,
  arm64: 183,
  ppc64le: 21,
  ppc64: 21,
  s390x: 22,
  riscv64: 243,
  loong64: 258,
  mips: 8,
  mipsle: 8,
  mips64: 8,
  mips64le: 8,
};
/** A 64-bit x86 image may hold 32-bit programs, and a 64-bit Arm one as well: their processors run both. */
const compatible: Readonly<Record<string, readonly number[]>> = { amd64: [3], arm64: [40] };

export function platformFindings(subject: Subject): Finding[] {
  const { architecture } = subject.launch;
  const wanted = machines[architecture];
  if (wanted === undefined) return [];
  const runs = [wanted, ...(compatible[architecture] ?? [])];
  const found: Finding[] = [];
  for (const entry of subject.tree.walk()) {
    if (entry.kind !== "file") continue;
    const { elf } = subject.facts(entry);
    if (elf === undefined || runs.includes(elf.machine) || !isRunnable(elf)) continue;
    found.push(foreign(subject, entry, elf.machine));
  }
  return found;
}

function isRunnable(elf: { readonly type: string; readonly program: boolean }): boolean {
  return elf.program || elf.type === "shared";
}

/** "arm64"; "machine 999" where images have no name for it. */
export function machineName(machine: number): string {
  const named = Object.entries(machines).find(([, value]) => value === machine);
  return named?.[0] ?? `machine ${machine}`;
}

function foreign(subject: Subject, { path }: FileEntry, machine: number): Finding {
  const what = `it is for ${machineName(machine)}, the image for ${subject.launch.architecture}`;
  const evidence = [{ what: `e_machine is ${machine}`, check: "readelf -h FILE" }];
  return finding(subject, "wrong-platform", { path, subject: machineName(machine), what, evidence });
}
