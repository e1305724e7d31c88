// `--help`, made from the tables.
import { displayWidth, sentence, wrap } from "../report/text.ts";
import type { Command } from "./command.ts";
import { commonOptions } from "./common-options.ts";
import type { Option, OptionTable } from "./options.ts";
import type { Registry } from "./registry.ts";

const columns = 80;
const indent = 26;

/** `distill --help`. */
export async function overview(registry: Registry): Promise<string> {
  const loaded = await Promise.all(Object.values(registry).map((load) => load()));
  const lines = loaded.map((command) => row(command.name, command.summary));
  return [
    "distill makes truly distroless container images: built, proven, explained.",
    "",
    "Usage: distill <command> [options]",
    "",
    "Commands:",
    ...lines,
    "",
    "Options:",
    row("    --version", "show the version"),
    row("-h, --help", "show this help"),
    "",
    "distill <command> --help tells all about a command.",
    "",
  ].join("\n");
}

/** `distill <command> --help`. */
export function commandHelp(command: Command): string {
  const sections = [
    sentence(command.summary),
    "",
    `Usage: distill ${[command.name, command.usage, "[options]"].filter((part) => part !== "").join(" ")}`,
    "",
    ...(Object.keys(command.options).length === 0 ? [] : ["Options:", ...optionRows(command.options), ""]),
    "Common options:",
    ...optionRows(commonOptions),
    "",
    command.examples.length === 1 ? "Example:" : "Examples:",
    ...command.examples.flatMap((example) => [`  # ${example.does}`, `  ${example.line}`]),
    "",
  ];
  return sections.join("\n");
}

/** "-o, --output DEST". */
export function optionSyntax(name: string, option: Option): string {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  return `${short}--${name}${option.kind === "flag" ? "" : ` ${option.value}`}`;
}

/** The summary with what the table adds to it. */
export function optionSummary(option: Option): string {
  const choices = option.kind === "choice" ? ` (${option.choices.join(", ")})` : "";
  const repeats = option.kind === "list" ? " (may be repeated)" : "";
  const standard =
    option.kind === "flag" || option.kind === "list" || option.default === undefined
      ? ""
      : ` [default: ${option.default}]`;
  return `${option.summary}${choices}${repeats}${standard}`;
}

function optionRows(table: OptionTable): string[] {
  return Object.entries(table).map(([name, option]) =>
    row(optionSyntax(name, option), optionSummary(option)),
  );
}

function row(left: string, right: string): string {
  const lines = wrap(right, columns - indent - 2);
  const first =
    displayWidth(left) < indent - 1 ? [`  ${left.padEnd(indent)}${lines.shift() ?? ""}`] : [`  ${left}`];
  return [...first, ...lines.map((line) => `  ${" ".repeat(indent)}${line}`)].join("\n");
}
