// What an image's programs are and what that makes of it: shells, multi-call binaries and package managers anywhere, foreign
// interpreters and tools, the application's own interpreter. Invariants: the level depends on content, place and mode, never on
// a name alone; one program more never makes it better.
import type { Evidence, Identity } from "../../content/identity.ts";
import { baseName, type TreePath } from "../../tree/path.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Primitive } from "../primitives.ts";
import { type Inode, inodesOf } from "../programs/inodes.ts";
import { inOrder, programPrimitives, programTechniques } from "../programs/primitives.ts";
import { capabilitySources, gravestFirst, namedSources } from "../programs/sources.ts";
import { type Usability, usabilityOf } from "../programs/usability.ts";
import { reasonOf } from "../reasons.ts";
import type { RuleId } from "../rules.ts";
import { isShellName } from "../startup/shells.ts";
import type { Subject } from "../subject.ts";

/** What a tool must give to count as one: `sed` and `cat` of whoever breaks in change files, and bring nothing in or out. */
const carrying: ReadonlySet<Primitive> = new Set(["exec", "download", "upload"]);
const namesShownMax = 3;

/** One finding for each program: a file, or what lies in one; hard links are one file. */
export function programFindings(subject: Subject): Finding[] {
  const inodes = inodesOf(subject, (_, facts) => facts.identities !== undefined || facts.elf !== undefined);
  const usability = usabilityOf(subject, inodes);
  return inodes.flatMap((inode) => {
    const groups = byPlace(inode.facts.identities ?? []);
    const found = groups.flatMap((group) => identified(subject, inode, group, usability) ?? []);
    const suspected = groups.length === 0 ? suspectedTool(subject, inode) : undefined;
    return suspected === undefined ? found : [...found, suspected];
  });
}

/** The file itself, and each place inside it: several fingerprints can know one program. */
function byPlace(identities: readonly Identity[]): (readonly Identity[])[] {
  const groups = new Map<string | undefined, Identity[]>();
  for (const one of identities) {
    const group = groups.get(one.within);
    if (group === undefined) groups.set(one.within, [one]);
    else group.push(one);
  }
  return [...groups.values()].map(gravestFirst);
}

function identified(
  subject: Subject,
  inode: Inode,
  group: readonly Identity[],
  usability: Usability,
): Finding | undefined {
  const rule = ruleOf(inode, group);
  if (rule === undefined) return undefined;
  const within = group[0]?.within;
  const given = primitivesOf(inode, group);
  const techniques = [...new Set(group.flatMap((one) => programTechniques(one.id)))].sort();
  const reason = inode.explained && within === undefined ? reasonOf(subject.closure, inode.path) : undefined;
  const atMost = levelOf(inode, group, rule, usability);
  return finding(subject, rule, {
    path: inode.path,
    subject: subjectOf(group),
    what: `${group.map((one) => one.name).join(", ")}${placeOf(inode, within)}`,
    evidence: [...group.flatMap(evidenceOf), ...callEvidence(inode, within)],
    primitives: given,
    ...(techniques.length === 0 ? {} : { techniques }),
    ...(atMost === undefined ? {} : { atMost }),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** By which fingerprints it is known, and whether it lies inside the file. */
function subjectOf(group: readonly Identity[]): string {
  const ids = [...new Set(group.map((one) => one.id))].sort().join(" ");
  return group[0]?.within === undefined ? ids : `${ids} inside`;
}

/** The rule for a program. Shells, multi-call binaries and package managers are never excused, needed or not. */
function ruleOf(inode: Inode, group: readonly Identity[]): RuleId | undefined {
  const kinds = new Set(group.map((one) => one.kind));
  const programs = group.filter((one) => one.embedded !== true);
  if (kinds.has("multi-call")) return "multi-call";
  if (kinds.has("shell")) return "shell";
  if (programs.some((one) => one.kind === "package-manager")) return "package-manager";
  // A chain of reasons leads to the file, not to what lies inside it.
  const excused = inode.explained && group[0]?.within === undefined;
  if (programs.some((one) => one.kind === "interpreter"))
    return excused ? "runtime-interpreter" : "foreign-interpreter";
  if (kinds.has("interpreter")) return "embedded-interpreter";
  // Userland that starts nothing and moves nothing over the network is a program that nothing needs, and no more.
  const carries = programs.length > 0 && primitivesOf(inode, group).some((one) => carrying.has(one));
  return carries && !excused ? "foreign-tool" : undefined;
}

function levelOf(
  inode: Inode,
  group: readonly Identity[],
  rule: RuleId,
  usability: Usability,
): Finding["atMost"] {
  if (rule === "shell" || rule === "multi-call" || rule === "package-manager")
    return usability.levelOf(inode, group);
  // A static program can hold an interpreter too; in a library it needs a loader, which says the same of the image.
  return rule === "embedded-interpreter" && inode.explained ? "truly-distroless" : undefined;
}

/** What the program gives by its content: what it was recognised as, and the calls that a program of a userland makes. */
function primitivesOf(inode: Inode, group: readonly Identity[]): Primitive[] {
  const given = group.flatMap((one) => programPrimitives(one.id));
  const isUserland = group.every((one) => one.kind === "userland" && one.within === undefined);
  return inOrder([...given, ...(isUserland ? capabilitySources(inode).map((one) => one.primitive) : [])]);
}

/** A program without a fingerprint: its name and its imports, both, make it a tool; one of them alone doesn't. */
function suspectedTool(subject: Subject, inode: Inode): Finding | undefined {
  if (inode.explained) return undefined;
  const named = namedSources(inode);
  const calls = new Set(capabilitySources(inode).map((one) => one.primitive));
  const both = inOrder(named.map((one) => one.primitive)).filter(
    (one) => carrying.has(one) && calls.has(one),
  );
  if (both.length === 0) return undefined;
  const names = [...new Set(inode.names.map(baseName))]
    .slice(0, namesShownMax)
    .map((one) => JSON.stringify(one));
  return finding(subject, "foreign-tool", {
    path: inode.path,
    subject: both.join(" "),
    what: `called ${names.join(", ")}, and it can do what such a program does: ${both.join(", ")}`,
    evidence: [
      { what: `its name ${names.join(", ")}` },
      {
        what: capabilitySources(inode)
          .map((one) => one.by)
          .filter(isFirst)
          .join("; "),
        check: "nm -D --undefined-only FILE",
      },
    ],
    primitives: both,
  });
}

function evidenceOf(identity: Identity): readonly Evidence[] {
  return identity.confirmed
    ? identity.evidence
    : [...identity.evidence, { what: `one signal of ${identity.name} only` }];
}

/** How somebody gets at it. */
function callEvidence({ callable, entry }: Inode, within: string | undefined): Evidence[] {
  if (within !== undefined) return [];
  const mode = `0${entry.mode.toString(8).padStart(3, "0")}`;
  const called = callable.length === 0 ? "not on the PATH" : `called as ${listed(callable)}`;
  return [{ what: `mode ${mode}, ${called}`, check: "ls -l FILE" }];
}

function placeOf({ callable, entry, path }: Inode, within: string | undefined): string {
  if (within !== undefined) return `, in ${within}`;
  const others = callable.filter((one) => one !== path);
  if (others.length > 0) return `, called as ${listed(others)}`;
  return (entry.mode & 0o111) === 0 ? ", not executable" : "";
}

/** Some of the names; those of shells say most. */
function listed(names: readonly TreePath[]): string {
  const shells = names.filter((one) => isShellName(baseName(one)));
  const shown = [...new Set([...shells, ...names])].slice(0, namesShownMax).join(", ");
  return names.length > namesShownMax ? `${shown} and ${names.length - namesShownMax} more` : shown;
}

function isFirst(text: string, index: number, all: readonly string[]): boolean {
  return all.indexOf(text) === index;
}
