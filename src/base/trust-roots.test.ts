import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTrustRoots } from "./trust-roots.ts";

const pem = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "roots-"));
  await mkdir(join(folder, "certs", "inner"), { recursive: true });
  await writeFile(join(folder, "bundle.pem"), `# one\n${pem("AAAA")}\n\n# two\n${pem("BBBB")}\n`);
  await writeFile(join(folder, "certs", "b.crt"), pem("BBBB"));
  await writeFile(join(folder, "certs", "c.crt"), pem("CCCC"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("none where the environment names none", async () => {
  expect(await readTrustRoots({ SSL_CERT_FILE: "", SSL_CERT_DIR: undefined })).toEqual([]);
});

test("file and folders together, each certificate once; what isn't one is passed over", async () => {
  const roots = await readTrustRoots({
    SSL_CERT_FILE: join(folder, "bundle.pem"),
    SSL_CERT_DIR: `${join(folder, "absent")}:${join(folder, "certs")}`,
  });
  expect(roots).toEqual([pem("AAAA"), pem("BBBB"), pem("CCCC")]);
});

test("a file that isn't there is an error that names the variable", async () => {
  const error = { code: "configuration", hint: expect.stringContaining("SSL_CERT_FILE") as string };
  await expect(readTrustRoots({ SSL_CERT_FILE: join(folder, "absent.pem") })).rejects.toMatchObject(error);
});
