import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sampleFinding, sampleReport, sampleVerdict } from "../../../../testing/audit-report-parts.ts";
import { inNameOnlyReport, manyFilesReport, sampleReports } from "../../../../testing/audit-reports.ts";
import { distroReport } from "../../../../testing/distro-report.ts";
import { hostileNames, hostileReport } from "../../../../testing/hostile-report.ts";
import { levels } from "../../../audit/levels.ts";
import type { PageData } from "./page/shapes.ts";
import { auditHtml } from "./page.ts";

const samples = Object.entries(sampleReports);
const unclosed = new Set(["meta", "link", "br", "input", "rect", "!doctype"]);

/** The page without what isn't for people to read. */
function readable(page: string): string {
  return page
    .replaceAll(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

function tagsOf(page: string): string {
  return (page.match(/<[^>]*>/g) ?? []).join("");
}

function dataOf(page: string): PageData {
  const [, text = ""] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  return JSON.parse(text) as PageData;
}

describe.each(samples)("%s", (_, make) => {
  const page = auditHtml(make());
  const bare = page.replaceAll(/(<(script|style)[^>]*>)[\s\S]*?(<\/\2>)/g, "$1$3");

  test("every element is closed where it should be", () => {
    const open: string[] = [];
    for (const [tag, end, name = "", attributes = ""] of bare.matchAll(
      /<(\/?)([a-z!][a-z0-9]*)((?: [a-zA-Z-]+(?:="[^"]*")?)*) ?\/?>/g,
    )) {
      if (unclosed.has(name)) continue;
      if (end === "") open.push(name);
      else expect([open.pop(), attributes], tag).toEqual([name, ""]);
    }
    expect(open).toEqual([]);
    // Nothing that looks like a tag was left out above.
    expect(
      bare.replaceAll(/<(\/?)([a-z!][a-z0-9]*)((?: [a-zA-Z-]+(?:="[^"]*")?)*) ?\/?>/g, ""),
    ).not.toContain("<");
  });

  test("ids are unique, and what is pointed at is there", () => {
    const ids = [...bare.matchAll(/ id="([^"]*)"/g)].map(([, id = ""]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...bare.matchAll(/ (?:href="#|aria-labelledby="|aria-describedby=")([^"]+)"/g)];
    const missing = targets.map(([, id = ""]) => id).filter((id) => !ids.includes(id) && id !== "file-title");
    expect(missing.filter((id) => !id.startsWith("primitive-"))).toEqual([]);
  });

  test("nothing is loaded; its own style and script are allowed by their hashes, and nothing else", () => {
    const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    const hashes = [...page.matchAll(/<(?:style|script type="module")>([\s\S]*?)<\/(?:style|script)>/g)].map(
      ([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
    );
    expect(hashes).toHaveLength(2);
    expect(policy.replaceAll("&#39;", "'")).toBe(
      `default-src 'none'; style-src ${hashes[0]}; script-src ${hashes[1]}; base-uri 'none'; form-action 'none'`,
    );
    expect(/ (?:src|srcset|style|on[a-z]+)="/.exec(tagsOf(bare))).toBeNull();
    const addresses = [...bare.matchAll(/ href="([^"#][^"]*)"/g)].map(([, address]) => address);
    expect(
      addresses.filter(
        (one) => !/^https:\/\/attack\.mitre\.org\/techniques\/T\d{4}\/(?:\d{3}\/)?$/.test(one ?? ""),
      ),
    ).toEqual([]);
  });

  test("the same report gives the same bytes", () => {
    expect(auditHtml(make())).toBe(page);
    expect(/\b20\d\d-\d\d-\d\dT/.exec(page)).toBeNull();
  });

  test("takes little beside its data", () => {
    const overhead = page.length - JSON.stringify(dataOf(page)).length - readable(page).length;
    // Script, style, and the markup of what is there to read.
    expect(overhead).toBeLessThan(60_000 + bare.length);
    expect(page.isWellFormed()).toBe(true);
  });

  test("every file is in the data, with a chain", () => {
    const { files, filesTotal } = dataOf(page);
    expect(filesTotal).toBe(make().files().length);
    expect(files.name).toHaveLength(filesTotal);
    expect(files.chain.every((one) => one >= 0)).toBe(true);
  });
});

describe("without its script the page says", () => {
  const page = readable(auditHtml(inNameOnlyReport()));

  test.each([
    ["the verdict first", /audit.*registry\.example\.test\/shop\/api:2\.4\.1.*Verdict\s+in-name-only/s],
    ["all levels", new RegExp(levels.join(".*"), "s")],
    [
      "what brings it one level up",
      /To reach\s+shell-less.*A multi-call binary.*Leave it out; .*\/opt\/helper/s,
    ],
    [
      "findings with evidence",
      /BusyBox 1\.35\.0 \(static, 300 applets\).*string "BusyBox v1\.35\.0" at byte 1672008/s,
    ],
    ["commands that show it", /grep -abo 'BusyBox v' FILE/],
    [
      "primitives with techniques",
      /reverse-shell.*connects out and hands over a command interpreter.*T1059.*T1071.*\/opt\/helper/s,
    ],
    ["the start-up", /Start-up\s+entrypoint\s+\/app serve/],
    ["layers", /Layers.*COPY helper \/opt\/helper/s],
    ["that files need it", /The map and the table of the \d+ files need the page's own script/],
  ])("%s", (_, pattern) => {
    expect(page).toMatch(pattern);
  });
});

describe("the verdict", () => {
  const report = sampleReport({
    verdict: sampleVerdict("in-name-only", { determinate: false, atBest: "truly-distroless" }),
  });

  test("shows what is possible but not proven", () => {
    const page = auditHtml(report);
    const scale = [
      ...page.matchAll(/<li class="(\w+)"(?: aria-current="step")? title="[^"]*"><span class="level">/g),
    ];
    expect(scale.map(([, place]) => place)).toEqual([
      "passed",
      "passed",
      "here",
      "maybe",
      "maybe",
      "maybe",
      "beyond",
    ]);
    expect(readable(page)).toMatch(/may be as good as\s+truly-distroless/);
  });

  test("says what a gate takes the image for, where a policy waives what holds it", () => {
    const verdict = sampleVerdict("distroless", { accepted: "truly-distroless" });
    expect(readable(auditHtml(sampleReport({ verdict })))).toMatch(
      /a gate takes the image for\s+truly-distroless/,
    );
    expect(readable(auditHtml(report))).not.toContain("a gate takes");
  });

  test("asks for nothing at the best level", () => {
    const page = readable(
      auditHtml(sampleReport({ verdict: { ...report.verdict, level: "sealed", determinate: true } })),
    );
    expect(page).toContain("There is no level above this one.");
    expect(page).not.toContain("To reach");
  });

  test("tells of each rule that holds the level, waived or not, and of no other", () => {
    const waived = { reason: "r" };
    const verdict = { ...report.verdict, level: "distroless" as const, determinate: true };
    const findings = [
      sampleFinding("setuid", "setuid root", { waived }),
      sampleFinding("root-user", "no user"),
      sampleFinding("dynamic-loader", "glibc's loader"),
    ];
    const [, steps = ""] =
      /To reach\s+truly-distroless(.*?)In figures/s.exec(
        readable(auditHtml(sampleReport({ verdict, findings }))),
      ) ?? [];
    expect(steps.replaceAll(/\s+/g, " ")).toMatch(
      /The program runs as root .*A setuid or setgid file waived/,
    );
    expect(steps).not.toContain("loader");
  });

  test("a rule that lower layers alone break leads to their list", () => {
    const verdict = { ...report.verdict, level: "truly-distroless" as const, determinate: true };
    const residue = [sampleFinding("secret", "a key", { atMost: "truly-distroless" })];
    const page = auditHtml(sampleReport({ verdict, residue, findings: [] }));
    expect(page).toContain('<a href="#residue">');
    expect(page).not.toContain('href="#rule-secret"');
  });
});

describe("many findings", () => {
  const page = auditHtml(distroReport());

  test("some stand in the page, the others are rows of its data", () => {
    const count = distroReport().findings.filter((one) => one.rule === "unneeded-elf").length;
    const rows = dataOf(page).more["rule-unneeded-elf"] ?? [];
    const [, group = ""] = /<details class="rule" id="rule-unneeded-elf">(.*?)<\/details>/s.exec(page) ?? [];
    expect(group.split("<article").length - 1 + rows.length).toBe(count);
    expect(rows.length).toBeGreaterThan(600);
    expect(group).toContain("<noscript>");
    expect(rows.every((cells) => cells.length === (group.match(/<th /g) ?? []).length)).toBe(true);
  });

  test("the markup doesn't grow with the files", () => {
    const markup = (count: number): number => {
      const many = auditHtml(manyFilesReport(count));
      return (many.replace(/<script type="application\/json".*?<\/script>/s, "").match(/<\w/g) ?? []).length;
    };
    expect(markup(10_000)).toBe(markup(5000));
  });
});

describe("hostile names", () => {
  const page = auditHtml(hostileReport());

  const markup = page.replace(/<script type="application\/json".*?<\/script>/s, "");
  const text = readable(page);

  test.each(hostileNames.map((name) => [name.slice(0, 40), name]))("%j is text that is seen", (_, name) => {
    const [letters = ""] = /[\w.]{4,}/.exec(name) ?? [];
    expect(text.includes(letters)).toBe(true);
    if (/[<>&"'\p{Cc}\p{Cf}\p{Cs}]/u.test(name)) expect(markup.includes(name)).toBe(false);
  });

  test("no control character is left", () => {
    expect(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.exec(page.replaceAll("\n", ""))).toBeNull();
  });
});
