// What audits open is closed, whatever they end with.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openShelf, type Shelf } from "../../testing/audit-samples.ts";
import { ToolError } from "../base/errors.ts";

const scans = vi.hoisted(() => ({ opened: 0, closed: 0, unreadable: false }));

vi.mock("../audit/scan/scan.ts", async (original) => {
  const real = await original<typeof import("../audit/scan/scan.ts")>();
  const counted =
    <Input, Services>(scan: (input: Input, services: Services) => ReturnType<typeof real.scanTar>) =>
    async (input: Input, services: Services): ReturnType<typeof real.scanTar> => {
      const scanned = await scan(input, services);
      scans.opened += 1;
      const close = async (): Promise<void> => {
        scans.closed += 1;
        await scanned.close();
      };
      return { ...scanned, close };
    };
  return { ...real, scanImage: counted(real.scanImage), scanTar: counted(real.scanTar) };
});

vi.mock("../audit/prepare.ts", async (original) => {
  const real = await original<typeof import("../audit/prepare.ts")>();
  const prepareSubject: typeof real.prepareSubject = (...args) => {
    if (scans.unreadable) throw new ToolError("malformed", { what: "reading", why: "it is unreadable" });
    return real.prepareSubject(...args);
  };
  return { ...real, prepareSubject };
});

let shelf: Shelf;

beforeAll(async () => {
  shelf = await openShelf();
});
afterAll(() => shelf.close());

test.each<[string, string[], boolean, number]>([
  ["a report", ["audit", "root.tar"], false, 1],
  ["a page", ["audit", "--format", "html", "root.tar"], false, 1],
  ["an explanation", ["explain", "tar:root.tar"], false, 1],
  ["a comparison", ["diff", "./root", "root.tar"], false, 2],
  ["a report that fails", ["audit", "root.tar"], true, 1],
  ["a page that fails", ["audit", "--format", "html", "root.tar"], true, 1],
  ["reports that fail", ["audit", "root.tar", "tar:root.tar"], true, 2],
])("%s", async (_name, argv, unreadable, opened) => {
  Object.assign(scans, { opened: 0, closed: 0, unreadable });
  const ran = await shelf.run([...argv, "--quiet"]);
  expect(ran.code).toBe(unreadable ? 3 : 0);
  expect(scans).toMatchObject({ opened, closed: opened });
});
