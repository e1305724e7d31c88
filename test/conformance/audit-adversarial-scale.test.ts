// An image of a million tiny files, and one whose names deceive in every format: through the command as a process of its own.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestOf, finishDigest, hexOf } from "../../src/base/digest.ts";
import { tarEnd, tarHeader, tarPadding } from "../../src/formats/tar-writer.ts";
import { mediaTypes } from "../../src/oci/model.ts";
import { deceptiveNames } from "../../testing/adversarial/names.ts";
import { executable, openWorkshop, runConfig, withLayer } from "../../testing/adversarial/workshop.ts";
import { headerOf, tarOf } from "../../testing/builders.ts";
import { helloProgram } from "../../testing/hello-program.ts";
import { type ProgramRun, runProgram } from "../../testing/programs.ts";

const distill = join(import.meta.dirname, "../../distill");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "distill-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function audit(...argv: readonly string[]): Promise<ProgramRun> {
  return runProgram([distill, "audit", "--cache-dir", join(folder, "cache"), "--quiet", ...argv], {
    timeoutMs: 500_000,
  });
}

describe("a million tiny files", () => {
  const count = 1_000_000;

  test("are all looked at", { timeout: 600_000 }, async () => {
    const layout = join(folder, "million");
    await writeMillion(layout, count);
    const { code, stderr, stdout } = await audit("--format", "json", `oci:${layout}`);
    expect(code, stderr).toBe(0);
    const told = JSON.parse(stdout) as {
      readonly verdict: { readonly level: string };
      readonly summary: { readonly files: number };
    };
    expect(told.verdict.level).toBe("sealed");
    expect(told.summary.files).toBe(count + 1);
  });
});

/** A layout of the application and a layer of so many files of a byte or more, a thousand a folder, written as a stream. */
async function writeMillion(layout: string, count: number): Promise<void> {
  const blobs = join(layout, "blobs/sha256");
  await mkdir(blobs, { recursive: true });
  const [stored, tar] = [createHash("sha256"), createHash("sha256")];
  const gzip = createGzip({ level: 1 });
  const file = join(layout, "layer.tmp");
  const out = createWriteStream(file);
  let size = 0;
  gzip.on("data", (chunk: Buffer) => {
    stored.update(chunk);
    size += chunk.length;
  });
  gzip.pipe(out);
  const write = async (content: Uint8Array): Promise<void> => {
    tar.update(content);
    if (!gzip.write(content)) await once(gzip, "drain");
  };
  const app = tarOf([executable("app", helloProgram())]);
  await write(app.subarray(0, app.length - tarEnd.length));
  for (let start = 0; start < count; start += 1000) {
    const parts: Uint8Array[] = [];
    for (let index = start; index < start + 1000; index++) {
      const content = Buffer.from(`${index}\n`);
      const name = `srv/${Math.floor(index / 1000)}/${index}`;
      parts.push(tarHeader(headerOf({ name, content })), content, tarPadding(content.length));
    }
    await write(Buffer.concat(parts));
  }
  await write(tarEnd);
  gzip.end();
  await once(out, "close");
  const digest = finishDigest(stored);
  await rename(file, join(blobs, hexOf(digest)));
  const document = async (value: unknown): Promise<{ readonly digest: string; readonly size: number }> => {
    const text = JSON.stringify(value);
    await writeFile(join(blobs, hexOf(digestOf(text))), text);
    return { digest: digestOf(text), size: text.length };
  };
  const config = await document({
    architecture: "amd64",
    os: "linux",
    config: runConfig,
    rootfs: { type: "layers", diff_ids: [finishDigest(tar)] },
  });
  const manifest = await document({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, ...config },
    layers: [{ mediaType: mediaTypes.layerGzip, digest, size }],
  });
  const index = { schemaVersion: 2, manifests: [{ mediaType: mediaTypes.manifest, ...manifest }] };
  await writeFile(join(layout, "index.json"), JSON.stringify(index));
  await writeFile(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
}

describe("names that deceive", () => {
  /** Programs that nothing needs: each has a finding of its own. */
  const image = withLayer(deceptiveNames.map((name) => executable(`opt/${name}`, helloProgram())));
  let reference: string;

  beforeAll(async () => {
    reference = await openWorkshop(folder, folder).image(image);
  });

  async function told(format: string, ...options: readonly string[]): Promise<string> {
    const output = join(folder, `report.${format}`);
    const { code, stderr } = await audit("--format", format, "--output", output, ...options, reference);
    expect(code, stderr).toBe(0);
    return readFile(output, "utf8");
  }

  /** Whatever a terminal acts on, and what reorders or hides text. */
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const acting = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

  test.each(["table", "markdown", "sarif", "junit", "html", "json"])(
    "%s has nothing that a terminal acts on",
    async (format) => {
      const text = await told(format, "--verbose");
      expect(text.length).toBeGreaterThan(500);
      expect(acting.exec(text)).toBeNull();
    },
  );

  test("what is printed has colours and nothing else of a terminal's", async () => {
    const { code, stdout } = await runProgram(
      [distill, "audit", "--cache-dir", join(folder, "cache"), "--quiet", "--verbose", reference],
      { env: { FORCE_COLOR: "1" } },
    );
    expect(code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(acting.exec(stdout.replaceAll(/\u001b\[\d+(?:;\d+)*m/g, ""))).toBeNull();
    expect(stdout).not.toContain("\u001b[31mred");
  });

  test("the page has no markup of theirs", async () => {
    const page = await told("html");
    expect(page).not.toContain("<script>alert(1)");
    expect(page).not.toMatch(/<img\b/);
    expect(page).toContain("\\u003cscript\\u003ealert(1)");
  });

  test("the comment has no markup of theirs, and calls nobody", async () => {
    const text = (await told("markdown")).replaceAll(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, "");
    expect(text).not.toContain("<script>");
    expect(text).not.toMatch(/<img\b/);
    expect(text).not.toMatch(/@user|evil\.example/);
    expect(text).not.toMatch(/^::error/m);
  });
});
