import { expect, test } from "vitest";
import { sampleReport, sampleVerdict } from "../../../testing/audit-report-parts.ts";
import { hostileReport } from "../../../testing/hostile-report.ts";
import { levels } from "../../audit/levels.ts";
import { auditBadge, badgeColours } from "./badge.ts";

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test.each(levels)("the badge of %s says its level, and can be read", (level) => {
  const svg = auditBadge(sampleReport({ verdict: sampleVerdict(level) }));
  expect(svg).toContain(`<title>distroless: ${level} (level ${levels.indexOf(level) + 1} of 7)</title>`);
  expect(svg).toContain(`>${level}</text>`);
  expect(svg).toContain(`fill="${badgeColours[level]}"`);
  expect(1.05 / (luminance(badgeColours[level]) + 0.05)).toBeGreaterThanOrEqual(4.5);
});

test("a badge needs nothing else", () => {
  const svg = auditBadge(sampleReport());
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
    /https?:|url\(|href|<script|<style/,
  );
});

test("an image that isn't determinate says so", () => {
  const verdict = sampleVerdict("in-name-only", { determinate: false, atBest: "distroless" });
  expect(auditBadge(sampleReport({ verdict }))).toContain(">in-name-only?</text>");
});

test("nothing that an image chose is in it", () => {
  const report = hostileReport();
  expect(auditBadge(report)).toBe(auditBadge(sampleReport({ verdict: report.verdict })));
});

test("truly-distroless reads as kept", async () => {
  await expect(auditBadge(sampleReport())).toMatchFileSnapshot(
    "../../../test/golden/audit/truly-distroless.svg",
  );
});
