// Lines for a terminal: everything fits its columns, and nothing of an image reaches the terminal unescaped.
import type { Level } from "../../audit/levels.ts";
import type { Severity } from "../../audit/rules.ts";
import type { Style } from "../style.ts";
import { displayWidth, printableLine, shorten, shortenMiddle, wrapAll } from "../text.ts";

/** What a text for a terminal has to fit. */
export interface Page {
  /** At least 40 are sensible. */
  readonly columns: number;
  readonly style: Style;
  /** Everything, with the evidence and how to check it. */
  readonly verbose: boolean;
}

type Tone = Parameters<Style>[0];

const levelTones: Readonly<Record<Level, Tone>> = {
  distro: "red",
  slim: "red",
  "in-name-only": "red",
  "shell-less": "yellow",
  distroless: "yellow",
  "truly-distroless": "green",
  sealed: "green",
};

const severityTones: Readonly<Record<Severity, Tone>> = {
  critical: "red",
  high: "red",
  medium: "yellow",
  low: "cyan",
  info: "dim",
};

export function levelTone(level: Level): Tone {
  return levelTones[level];
}

export function severityTone(severity: Severity): Tone {
  return severityTones[severity];
}

export function heading(page: Page, text: string): readonly string[] {
  return ["", ...wrapAll(text, page.columns).map((line) => page.style("bold", line))];
}

/** Text of this program or of the image, wrapped after `first`; what follows hangs below its beginning. */
export function hanging(
  page: Page,
  first: string,
  text: string,
  tones: { readonly first?: Tone; readonly text?: Tone } = {},
): readonly string[] {
  const indent = displayWidth(first);
  const lines = wrapAll(printableLine(text), Math.max(page.columns - indent, 1));
  return lines.map((line, index) => {
    const begin = index === 0 ? toned(page, tones.first, first) : " ".repeat(indent);
    return begin + toned(page, tones.text, line);
  });
}

function toned(page: Page, tone: Tone | undefined, text: string): string {
  return tone === undefined ? text : page.style(tone, text);
}

/** Lines of what is said of a path, where it doesn't fit beside it and not everything is asked for. */
const sayingLinesMax = 2;

/** A path and what is said of it, below it where it doesn't fit beside. With `pathColumns`, paths of several lines are aligned. */
export function pathLines(
  page: Page,
  indent: number,
  pathColumns: number,
  at: string,
  what: string,
): readonly string[] {
  const { columns, style, verbose } = page;
  const space = " ".repeat(indent);
  const saying = printableLine(what);
  const name = printableLine(at);
  const room = columns - indent;
  const path = shortenMiddle(name, Math.max(what === "" ? room : pathColumns, 8));
  if (what === "") return [space + path];
  const padded = path + " ".repeat(Math.max(pathColumns - displayWidth(path), 0));
  const beside = room - displayWidth(padded) - 2;
  if (displayWidth(saying) <= beside) return [`${space}${padded}  ${style("dim", saying)}`];
  const below = hanging(page, " ".repeat(indent + 2), what, { text: "dim" });
  const cut = verbose || below.length <= sayingLinesMax ? below : cutLines(page, indent + 2, saying);
  return [space + shortenMiddle(name, Math.max(room, 8)), ...cut];
}

function cutLines(page: Page, indent: number, text: string): readonly string[] {
  const room = Math.max(page.columns - indent, 1);
  const [first = "", ...rest] = wrapAll(text, room);
  const second = shorten(rest.join(" "), room);
  return [first, second].map((line) => " ".repeat(indent) + page.style("dim", line));
}

/** Columns for the paths of a list: as wide as the widest, but leave a half for what is said of them. */
export function pathColumnsFor(page: Page, indent: number, paths: readonly string[]): number {
  const widest = paths.reduce((most, at) => Math.max(most, displayWidth(printableLine(at))), 0);
  return Math.min(widest, Math.max(Math.floor((page.columns - indent) * 0.55), 8));
}

/** What ends a list that was cut; nothing where it wasn't. */
export function moreLine(page: Page, count: number): readonly string[] {
  const text = shorten(`and ${count} more: --verbose, or --format json`, Math.max(page.columns - 4, 1));
  return count <= 0 ? [] : [`    ${page.style("dim", text)}`];
}
