// What an attacker gets from an image, and what its start-up runs, on a terminal.
import type { AuditReport, PrimitiveUse, StartupStep } from "../../audit/finding.ts";
import { primitiveMeanings, primitives } from "../../audit/primitives.ts";
import { displayWidth, printableLine, shorten, shortenMiddle } from "../text.ts";
import { hanging, heading, moreLine, type Page, pathColumnsFor, pathLines } from "./lines.ts";

const filesShown = 2;
const stepsShown = 8;

/** Per primitive its meaning, the techniques it serves, and the files that give it: those that stay anyway are told apart. */
export function primitiveLines(page: Page, report: AuditReport): readonly string[] {
  const uses = primitives.flatMap((primitive) =>
    report.primitives.filter((use) => use.primitive === primitive),
  );
  const title = heading(page, "What whoever breaks in can do with it (ATT&CK techniques)");
  if (uses.length === 0) {
    const doubt = report.unknown.length === 0 ? "" : ", of the files that can be told";
    return [...title, ...hanging(page, "  ", `nothing that is known${doubt}`)];
  }
  return [...title, ...byFiles(uses).flatMap((group) => usesOfOneList(page, group))];
}

/** Primitives that the same files give stand together: a BusyBox gives most of them. */
function byFiles(uses: readonly PrimitiveUse[]): readonly (readonly PrimitiveUse[])[] {
  const groups = new Map<string, PrimitiveUse[]>();
  for (const use of uses) {
    const key = JSON.stringify(use.files);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [use]);
    else group.push(use);
  }
  return [...groups.values()];
}

function usesOfOneList(page: Page, uses: readonly PrimitiveUse[]): readonly string[] {
  const files = uses[0]?.files ?? [];
  const needed = files.filter((file) => file.needed);
  const foreign = files.filter((file) => !file.needed);
  const shown = page.verbose
    ? [...foreign, ...needed]
    : [...foreign.slice(0, filesShown), ...needed.slice(0, filesShown)];
  const indent = 13;
  const paths = shown.map((file) => file.path);
  const columns = pathColumnsFor(page, indent, paths);
  return [
    ...uses.flatMap(({ primitive }) => {
      const { techniques, what } = primitiveMeanings[primitive];
      const meaning = `${what} (${techniques.join(", ")})`;
      return hanging(page, `  ${primitive.padEnd(13)} `, meaning, { first: "bold" });
    }),
    ...shown.flatMap((file) => {
      const [first = "", ...rest] = pathLines(page, indent, columns, file.path, file.by);
      const mark = page.style(file.needed ? "dim" : "yellow", file.needed ? "needed  " : "unneeded");
      return [`    ${mark} ${first.slice(indent)}`, ...rest];
    }),
    ...moreLine(page, files.length - shown.length),
  ];
}

const kinds: Readonly<Record<StartupStep["kind"], string>> = {
  program: "program",
  script: "script",
  shell: "shell",
  builtin: "shell's own",
  missing: "not there",
  dynamic: "told at run time",
};

/** A command keeps this much on a narrow terminal: the longest kind, and a name before it. */
const stepColumnsMin = 28;

/** The commands of the start-up path, each with what it is in this image. */
export function startupLines(page: Page, { startup }: AuditReport): readonly string[] {
  if (startup.length === 0) return [];
  const shown = page.verbose ? startup : startup.slice(0, stepsShown);
  const from = Math.min(
    shown.reduce((most, step) => Math.max(most, displayWidth(fromText(page, step))), 0),
    Math.max(Math.min(Math.floor(page.columns * 0.35), page.columns - 4 - stepColumnsMin), 8),
  );
  const rest = Math.max(page.columns - from - 4, 8);
  return [
    ...heading(page, "What its start runs"),
    ...shown.map((step) => {
      const label = shortenMiddle(fromText(page, step), from);
      const space = " ".repeat(from - displayWidth(label));
      return `  ${page.style("dim", label)}${space}  ${stepText(page, step, rest)}`;
    }),
    ...moreLine(page, startup.length - shown.length),
  ];
}

/** A script by its name alone: its path stood before. */
function fromText({ verbose }: Page, { from }: StartupStep): string {
  return printableLine(verbose ? from : from.slice(from.lastIndexOf("/") + 1));
}

function stepText(page: Page, step: StartupStep, columns: number): string {
  const isBad = step.kind === "missing" || step.kind === "shell" || step.kind === "script";
  const kind = kinds[step.kind];
  const command = shorten(printableLine(step.command), Math.max(columns - kind.length - 3, 4));
  const at = step.path === undefined || step.path === step.command ? "" : ` ${printableLine(step.path)}`;
  const left = columns - displayWidth(command) - kind.length - 3 - 1;
  const where = left < 10 || at === "" ? "" : ` ${page.style("dim", shortenMiddle(at.slice(1), left))}`;
  return `${command} (${page.style(isBad ? "yellow" : "dim", kind)})${where}`;
}
