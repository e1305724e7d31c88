// The audit's page in a browser: nothing is loaded, everything works by keyboard, hostile names stay text, and many files stay
// few elements. What is asked of the page is written as text where it is the page's own script that answers.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DetailedReport } from "../../src/audit/finding.ts";
import { auditHtml } from "../../src/report/audit/html/page.ts";
import {
  inNameOnlyReport,
  manyFilesReport,
  sampleReports,
  trulyDistrolessReport,
} from "../../testing/audit-reports.ts";
import { distroReport } from "../../testing/distro-report.ts";
import { hostileNames, hostileReport } from "../../testing/hostile-report.ts";

const executable = ["chromium-headless-shell", "chromium"]
  .flatMap((name) => (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name)))
  .find((file) => existsSync(file));
const absent = executable === undefined ? " (skipped: no Chromium is installed)" : "";

describe.skipIf(executable === undefined)(`the audit's page in Chromium${absent}`, () => {
  let browser: Browser;
  let folder = "";
  const noise: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "distill-page-"));
    if (executable !== undefined) browser = await chromium.launch({ executablePath: executable });
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a report as a file; whatever the page says or asks for is kept. */
  async function open(
    report: DetailedReport,
    options: BrowserContextOptions & { readonly hash?: string } = {},
  ): Promise<Page> {
    const { hash = "", ...context } = options;
    noise.length = 0;
    requests.length = 0;
    const file = join(folder, "report.html");
    writeFileSync(file, auditHtml(report));
    const page = await (
      await browser.newContext({ viewport: { width: 1280, height: 900 }, ...context })
    ).newPage();
    page.on("console", (message) => noise.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => noise.push(error.message));
    page.on("dialog", (dialog) => {
      noise.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(`${pathToFileURL(file).href}${hash}`);
    return page;
  }

  const answer = (page: Page, script: string): Promise<unknown> => page.evaluate(script);
  const rows = (page: Page): Promise<string[]> => page.locator(".grid-space .column-path").allTextContents();
  const focused = (page: Page): Promise<unknown> =>
    answer(
      page,
      "document.activeElement.id || document.activeElement.className || document.activeElement.textContent",
    );

  /** Tab until something has the focus; fails past a number of stops. */
  async function tabTo(page: Page, selector: string, stopsMax = 60): Promise<void> {
    for (let stops = 0; stops < stopsMax; stops++) {
      await page.keyboard.press("Tab");
      if ((await answer(page, `document.activeElement.matches(${JSON.stringify(selector)})`)) === true)
        return;
    }
    throw new Error(`${selector} isn't within ${stopsMax} stops of the Tab key`);
  }

  describe.each(Object.entries(sampleReports))("%s", (_, make) => {
    test.each([1280, 360])(
      "%d pixels wide: nothing is loaded, nothing is said, nothing is cut off",
      async (width) => {
        const page = await open(make(), { viewport: { width, height: 800 } });
        await page.locator("#map .cell, #map .empty").first().waitFor();
        expect(requests).toHaveLength(1);
        expect(noise).toEqual([]);
        expect(await answer(page, "document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
        await page.context().close();
      },
    );

    test("every control has a name, every id is one element's, every reference leads somewhere", async () => {
      const page = await open(make());
      const nameless = await answer(
        page,
        `[...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0'], [role='group'], [role='grid'], [role='region'], nav, aside, form")]
          .filter((one) => !(one.getAttribute("aria-label") || document.getElementById(one.getAttribute("aria-labelledby"))?.textContent.trim() || one.labels?.[0]?.textContent.trim() || (one.matches("a, button, summary") && one.textContent.trim())))
          .map((one) => one.outerHTML.slice(0, 120))`,
      );
      expect(nameless).toEqual([]);
      const twice = `[...document.querySelectorAll("[id]")].map((one) => one.id).filter((id, at, all) => all.indexOf(id) !== at)`;
      expect(await answer(page, twice)).toEqual([]);
      const lost = `[...document.querySelectorAll("[aria-labelledby], [aria-describedby], [aria-activedescendant]")]
        .flatMap((one) => ["aria-labelledby", "aria-describedby", "aria-activedescendant"].flatMap((name) => one.getAttribute(name) ?? []))
        .filter((id) => document.getElementById(id) === null)`;
      expect(await answer(page, lost)).toEqual([]);
      const headings = `[...document.querySelectorAll("h1, h2, h3, h4")].map((one) => Number(one.tagName[1]))`;
      const levels = (await answer(page, headings)) as number[];
      expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([]);
      await page.context().close();
    });
  });

  test("by keyboard alone from the verdict to a file's chain of reasons", async () => {
    const page = await open(trulyDistrolessReport());
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("skip");
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("main");
    await page.keyboard.press("Shift+Tab");
    expect(await answer(page, "document.activeElement.textContent")).toBe("Files");
    await page.keyboard.press("Enter");
    await tabTo(page, "#search");
    await page.keyboard.type("libc.so");
    await expect.poll(() => rows(page)).toEqual(["/usr/lib/x86_64-linux-gnu/libc.so.6"]);
    await tabTo(page, "#grid");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#grid [aria-selected='true'] .name").textContent()).toBe("libc.so.6");
    expect(
      await answer(page, "document.getElementById('grid').getAttribute('aria-activedescendant')"),
    ).toMatch(/^row-\d+$/);
    await page.keyboard.press("Enter");
    expect(await focused(page)).toContain("file");
    expect(await page.locator("#file .chain li").allTextContents()).toEqual([
      "entrypoint /usr/bin/node",
      "/usr/bin/node needs libc.so.6 (DT_NEEDED)",
      "/usr/lib/x86_64-linux-gnu/libc.so.6",
    ]);
    // On along the chain, and back.
    await tabTo(page, "#file .chain a");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("#file-title").textContent()).toBe("/usr/bin/node");
    await page.context().close();
  });

  test("whatever has the focus by Tab shows it", async () => {
    const page = await open(inNameOnlyReport());
    const unseen: unknown[] = [];
    for (let stop = 0; stop < 80; stop++) {
      await page.keyboard.press("Tab");
      const shown = `(() => { const one = document.activeElement; const { outlineStyle, outlineWidth } = getComputedStyle(one);
        const { height, right, width } = one.getBoundingClientRect();
        return one === document.body || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && width > 0 && height > 0 && right > 0) ? "" : one.outerHTML.slice(0, 120); })()`;
      const bad = await answer(page, shown);
      if (bad !== "") unseen.push(bad);
    }
    expect(unseen).toEqual([]);
    await page.context().close();
  });

  test("the map by keyboard: one stop for Tab, arrows between cells, Enter and Backspace through folders", async () => {
    const page = await open(trulyDistrolessReport());
    expect(await page.locator("#map [tabindex='0']").count()).toBe(1);
    await page.locator("#map [tabindex='0']").focus();
    expect(await page.locator("#map :focus").getAttribute("aria-label")).toMatch(
      /^usr\/, 94\.1 MB, mostly entrypoint-runtime$/,
    );
    await page.keyboard.press("Enter");
    expect(await page.locator("#crumbs [aria-current]").textContent()).toBe("usr");
    expect(await page.locator("#tally").textContent()).toContain("3 of 6 files in /usr/");
    await page.keyboard.press("End");
    expect(await page.locator("#map [tabindex='0']").count()).toBe(1);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#map :focus").getAttribute("aria-label")).toBe(
      "node, 92.0 MB, entrypoint-runtime",
    );
    await page.keyboard.press("Backspace");
    expect(await page.locator("#crumbs [aria-current]").textContent()).toBe("/");
    await page.locator("#map [data-file]").first().press("Enter");
    await expect.poll(() => page.locator("#file-title").textContent()).toBe("/usr/bin/node");
    await page.context().close();
  });

  test("searching, sorting, filtering, and back to everything", async () => {
    const page = await open(distroReport());
    const tally = (): Promise<string | null> => page.locator("#tally").textContent();
    const all = await tally();
    await page.locator("#search").fill("BASH");
    await expect.poll(tally).toMatch(/^1 of /);
    await page.locator("#search").fill("no such file");
    await expect.poll(tally).toMatch(/^0 of /);
    expect(await rows(page)).toEqual([]);
    await page.getByRole("button", { name: "Reset" }).click();
    expect(await tally()).toBe(all);
    expect(await page.locator("#search").inputValue()).toBe("");
    await page.getByLabel("Finding", { exact: true }).selectOption({ label: "A shell" });
    await expect.poll(() => rows(page)).toContain("/usr/bin/bash");
    await page.getByRole("button", { name: "Reset" }).click();
    const size = page.locator("#grid").getByRole("columnheader", { name: "Size" });
    await size.getByRole("button").click();
    expect(await size.getAttribute("aria-sort")).toBe("descending");
    const largest = await page.locator(".grid-space .column-size").allTextContents();
    expect(largest[0]).toMatch(/MB$/);
    await page.locator("#legend button", { hasText: "entrypoint-runtime" }).click();
    const roles = await page.locator(".grid-space .column-role").allTextContents();
    expect(new Set(roles)).toEqual(new Set(["entrypoint-runtime"]));
    await page.context().close();
  });

  test("findings: those that follow, commands to copy, links to files and back", async () => {
    const page = await open(distroReport(), { permissions: ["clipboard-read", "clipboard-write"] });
    const group = page.locator("#rule-unneeded-elf");
    await page.locator("#verdict a[href='#rule-shell']").click();
    expect(await page.locator("#rule-shell").getAttribute("open")).not.toBeNull();
    await group.locator("summary").first().click();
    const cards = await group.locator(".finding").count();
    const count = distroReport().findings.filter((one) => one.rule === "unneeded-elf").length;
    while ((await group.locator(".more > button").count()) > 0) await group.locator(".more > button").click();
    expect(cards + (await group.locator("tbody tr").count())).toBe(count);
    expect(await group.locator("tbody a.path").count()).toBe(await group.locator("tbody tr").count());
    await page.locator(".check button").first().click();
    await expect.poll(() => page.locator(".check button").first().textContent()).toBe("Copied");
    expect(await answer(page, "navigator.clipboard.readText()")).toBe(
      await page.locator(".check code").first().textContent(),
    );
    const [before, path] = [page.url(), page.locator("#rule-shell .finding-path a").first()];
    const name = await path.textContent();
    await path.click();
    await expect.poll(() => page.locator("#file-title").textContent()).toBe(name);
    await page.goBack();
    expect(page.url()).toBe(before);
    await page.context().close();
  });

  test("an address with a file leads to its chain", async () => {
    const page = await open(manyFilesReport(2000), { hash: "#file=1234" });
    expect(await page.locator("#file-title").textContent()).toBe(manyFilesReport(2000).files()[1234]?.path);
    expect(await page.locator("#grid [aria-selected='true']").count()).toBe(1);
    await page.context().close();
  });

  test("light and dark: as the system says, or as chosen", async () => {
    const page = await open(inNameOnlyReport(), { colorScheme: "dark" });
    const paper = (): Promise<unknown> => answer(page, "getComputedStyle(document.body).backgroundColor");
    const dark = await paper();
    await page.getByRole("button", { name: "Light" }).click();
    const light = await paper();
    expect(light).not.toBe(dark);
    await page.reload();
    expect(await paper()).toBe(light);
    await page.getByRole("button", { name: "Auto" }).click();
    expect(await paper()).toBe(dark);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await paper()).toBe(light);
    await page.context().close();
  });

  test("without its script the verdict, findings and primitives are there to read", async () => {
    const page = await open(inNameOnlyReport(), { javaScriptEnabled: false });
    expect(noise).toEqual([]);
    for (const text of [
      "in-name-only",
      "To reach shell-less",
      "BusyBox 1.35.0 (static, 300 applets)",
      "grep -abo 'BusyBox v' FILE",
    ]) {
      expect(await page.getByText(text).first().isVisible()).toBe(true);
    }
    expect(await page.locator("#primitive-reverse-shell").isVisible()).toBe(true);
    expect(await page.locator("noscript p").first().isVisible()).toBe(true);
    expect(await page.locator("button").count()).toBe(0);
    await page.context().close();
  });

  test("on paper everything is unfolded, and what can only be pressed is left out", async () => {
    const page = await open(distroReport());
    await page.emulateMedia({ media: "print" });
    await answer(page, "dispatchEvent(new Event('beforeprint'))");
    expect(await page.locator("details:not([open])").count()).toBe(0);
    expect(await page.locator("#files-app").isVisible()).toBe(false);
    expect(await page.locator("#rule-missing-metadata").isVisible()).toBe(true);
    await answer(page, "dispatchEvent(new Event('afterprint'))");
    expect(await page.locator("details:not([open])").count()).toBeGreaterThan(0);
    await page.context().close();
  });

  describe("10,000 and 30,000 files", () => {
    test.each([10_000, 30_000])(
      "%d: the document stays small, and the last row can be seen",
      async (count) => {
        const page = await open(manyFilesReport(count));
        const elements = async (): Promise<number> =>
          Number(await answer(page, "document.querySelectorAll('*').length"));
        expect(await elements()).toBeLessThan(4000);
        expect(await page.locator("#grid").getAttribute("aria-rowcount")).toBe(String(count + 1));
        const last = manyFilesReport(count).files().at(-1)?.path;
        expect(await rows(page)).not.toContain(last);
        await answer(page, "document.querySelector('.grid-body').scrollTop = 1e9");
        await expect.poll(() => rows(page)).toContain(last);
        expect(await page.locator(`.grid-row[aria-rowindex='${count + 1}']`).isVisible()).toBe(true);
        expect(await page.locator(".grid-space .grid-row").count()).toBeLessThan(60);
        await page.locator("#grid").focus();
        await page.keyboard.press("Home");
        // The chosen row stays in sight, step by step, down and up.
        const hidden = `(() => { const row = document.querySelector("#grid [aria-selected='true']").getBoundingClientRect();
        const body = document.querySelector(".grid-body").getBoundingClientRect();
        return Math.max(body.top - row.top, row.bottom - body.bottom); })()`;
        for (const key of [...Array<string>(40).fill("ArrowDown"), ...Array<string>(30).fill("ArrowUp")]) {
          await page.keyboard.press(key);
          expect(await answer(page, hidden)).toBeLessThanOrEqual(1);
        }
        await page.keyboard.press("End");
        expect(await page.locator("#file-title").textContent()).toBe(last);
        expect(await page.locator("#grid [aria-selected='true']").isVisible()).toBe(true);
        expect(await elements()).toBeLessThan(4000);
        expect(noise).toEqual([]);
        await page.context().close();
      },
    );
  });

  describe("hostile names", () => {
    test("run nothing, load nothing, and add no element", async () => {
      const page = await open(hostileReport());
      while ((await page.locator(".more > button").count()) > 0)
        await page.locator(".more > button").first().click();
      expect(noise).toEqual([]);
      expect(requests).toHaveLength(1);
      expect(await page.locator("script").count()).toBe(2);
      expect(
        await page
          .locator("img, iframe, object, embed, link, base, [onerror], [onclick], [style*='url']")
          .count(),
      ).toBe(0);
      const foreign = `[...document.querySelectorAll("a[href]")].map((one) => one.href).filter((one) => !one.startsWith(location.href.split("#")[0] + "#") && !one.startsWith("https://attack.mitre.org/"))`;
      expect(await answer(page, foreign)).toEqual([]);
      await page.context().close();
    });

    test("are seen as what they are, in the table and in the file's own place", async () => {
      const page = await open(hostileReport());
      const shown = await rows(page);
      expect(shown).toHaveLength(hostileNames.length);
      expect(shown.join("")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      const text = String(await answer(page, "document.body.textContent"));
      for (const seen of [
        "/\\x1b[2J\\x1b[31mred",
        "<script>alert(1)</script>",
        "line\\x0afeed\\x0d\\x0areturn\\x09tab",
        "bytes\\xff\\xfe",
        "\\u{202e}gnp.exe",
      ]) {
        expect(text).toContain(seen);
      }
      await page.locator("#search").fill("<script>");
      await expect.poll(async () => (await rows(page)).length).toBe(1);
      await page.locator(".grid-space .grid-row").click();
      expect(await page.locator("#file-title").textContent()).toContain("/<script>alert(1)<");
      await page.context().close();
    });
  });
});
