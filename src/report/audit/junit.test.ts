import { expect, test } from "vitest";
import { sampleFinding, sampleReport } from "../../../testing/audit-report-parts.ts";
import { manyFilesReport, sampleReports } from "../../../testing/audit-reports.ts";
import { rules } from "../../audit/rules.ts";
import { path } from "../../tree/path.ts";
import { auditJunit } from "./junit.ts";

const samples = Object.entries(sampleReports);

/** Elements in order, with their attributes as written; fails on what is not well-formed XML of elements, attributes and text. */
function elementsOf(xml: string): readonly { readonly name: string; readonly attributes: string }[] {
  const found: { name: string; attributes: string }[] = [];
  const open: string[] = [];
  let rest = xml.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, "");
  expect(rest).not.toBe(xml);
  const token =
    /^(?:<(\/?)([a-z]+)((?: [a-z]+="(?:[^"<&]|&(?:amp|lt|gt|quot|#10|#9);)*")*)(\/?)>|(?:[^<&>]|&(?:amp|lt|gt);)+)/i;
  while (rest !== "") {
    const [whole, closing, name, attributes = "", empty] = token.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`not well-formed: ${rest.slice(0, 200)}`);
    rest = rest.slice(whole.length);
    if (name === undefined) continue;
    if (closing === "/") expect(open.pop()).toBe(name);
    else {
      found.push({ name, attributes });
      if (empty !== "/") open.push(name);
    }
  }
  expect(open).toEqual([]);
  return found;
}

function countsOf(xml: string): readonly (readonly [number, number, number])[] {
  return elementsOf(xml)
    .filter(({ name }) => name === "testsuite")
    .map(({ attributes }) => {
      const [, tests, failures, skipped] =
        /tests="(\d+)" failures="(\d+)" skipped="(\d+)"/.exec(attributes) ?? [];
      return [Number(tests), Number(failures), Number(skipped)];
    });
}

test.each([...samples, ["many files", () => manyFilesReport(10_000)] as const])(
  "%s is well-formed, and counts what it holds",
  (_, make) => {
    const xml = auditJunit([make()]);
    const elements = elementsOf(xml);
    const named = (name: string): number => elements.filter((one) => one.name === name).length;
    expect(countsOf(xml)).toEqual([[named("testcase"), named("failure"), named("skipped")]]);
    expect(named("testcase")).toBe(Object.keys(rules).length);
    expect(xml).not.toMatch(/[^\n\t\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u);
  },
);

test("in-name-only reads as kept", async () => {
  await expect(auditJunit([sampleReports["in-name-only"]?.() ?? sampleReport()])).toMatchFileSnapshot(
    "../../../test/golden/audit/in-name-only.junit.xml",
  );
});

test("one suite for each image, in the order given", () => {
  const xml = auditJunit(samples.map(([, make]) => make()));
  expect(countsOf(xml).map(([, failures, skipped]) => [failures, skipped])).toEqual([
    [9, 0],
    [2, 1],
    [0, 0],
    [4, 0],
    [1, 0],
  ]);
});

test("what keeps an image from being sealed fails only where that is asked for", () => {
  const loader = sampleReport({ findings: [sampleFinding("dynamic-loader", "a loader")] });
  expect(countsOf(auditJunit([loader]))[0]?.[1]).toBe(0);
  expect(countsOf(auditJunit([loader], { failBelow: "sealed" }))[0]?.[1]).toBe(1);
});

test("what is waived is skipped, unless something of the rule isn't", () => {
  const waived = sampleFinding("setuid", "setuid", { waived: { reason: "a & b", expires: "2027-03-01" } });
  const all = auditJunit([sampleReport({ findings: [waived] })]);
  expect(countsOf(all)[0]).toEqual([Object.keys(rules).length, 0, 1]);
  expect(all).toContain('<skipped message="waived: a &amp; b (until 2027-03-01)"/>');
  const some = auditJunit([sampleReport({ findings: [waived, sampleFinding("setuid", "another")] })]);
  expect(countsOf(some)[0]?.slice(1)).toEqual([1, 0]);
  expect(some).not.toContain("setuid (at most");
});

test("a long list of one rule is cut", () => {
  const findings = Array.from({ length: 60 }, (_, index) =>
    sampleFinding("unneeded-elf", "unneeded", { path: path(`/file-${index}`) }),
  );
  const xml = auditJunit([sampleReport({ findings })]);
  expect(xml).toContain("/file-49: unneeded");
  expect(xml).not.toContain("/file-50");
  expect(xml).toContain("\nand 10 more\n");
});
