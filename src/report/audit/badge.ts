// A badge: "distroless | truly-distroless" as an SVG that needs nothing else, and says the same to who doesn't see it. It has no
// ids, so that several can stand in one page.
import type { AuditReport } from "../../audit/finding.ts";
import type { Level } from "../../audit/levels.ts";
import { placeOf } from "./groups.ts";

/** White stands out from each by 4.5:1 at least (WCAG 2.2, 1.4.3). */
export const badgeColours: Readonly<Record<Level, string>> = {
  distro: "#b3261e",
  slim: "#b3261e",
  "in-name-only": "#b3261e",
  "shell-less": "#8a5a00",
  distroless: "#6b6a00",
  "truly-distroless": "#1a7f37",
  sealed: "#0b6b5f",
};

const label = "distroless";
const height = 20;
const padding = 6;
const radius = 3;
/** `textLength` makes any font keep to the width that is reckoned here. */
const characterWidth = 6.6;

/** A whole SVG document; ends with a line feed. All text in it is this program's own. */
export function auditBadge(report: AuditReport): string {
  const { determinate, level } = report.verdict;
  const value = determinate ? level : `${level}?`;
  const left = widthOf(label);
  const width = left + widthOf(value);
  const doubt = determinate ? "" : ", not all of it can be told";
  const title = `${label}: ${level} (${placeOf(level)}${doubt})`;
  const corner = `a${radius} ${radius} 0 0 1`;
  const body = `M${radius} 0H${left}V${height}H${radius}${corner}-${radius}-${radius}V${radius}${corner} ${radius}-${radius}z`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img" aria-label="${title}">
  <title>${title}</title>
  <rect width="${width}" height="${height}" rx="${radius}" fill="${badgeColours[level]}"/>
  <path d="${body}" fill="#444c56"/>
  <g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11" aria-hidden="true">
    ${textAt(0, label)}
    ${textAt(left, value)}
  </g>
</svg>
`;
}

function textAt(x: number, text: string): string {
  const length = widthOf(text) - 2 * padding;
  return `<text x="${x + padding}" y="14" textLength="${length}" lengthAdjust="spacingAndGlyphs">${text}</text>`;
}

function widthOf(text: string): number {
  return Math.round(text.length * characterWidth) + 2 * padding;
}
