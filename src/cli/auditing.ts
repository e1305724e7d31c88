// Audits for commands: an image by any name, opened, scanned and judged; what was opened for it is closed in the end.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reportOf } from "../audit/audit.ts";
import type { AuditedImage, AuditReport } from "../audit/finding.ts";
import { configOf, prepareSubject } from "../audit/prepare.ts";
import { type ScannedImage, type ScanServices, scanFolder, scanImage, scanTar } from "../audit/scan/scan.ts";
import type { Subject } from "../audit/subject.ts";
import { withCache } from "./cache.ts";
import type { Context } from "./context.ts";
import { hostPlatform } from "./host-image.ts";
import { imageSource, type OpenedSource, platformOfImage } from "./image-source.ts";
import { programIdentity } from "./version.ts";

/** The options of every command that looks into an image. */
export const imageOptions = {
  platform: {
    kind: "text",
    value: "PLATFORM",
    summary: "linux/arm64 ... (default: this machine's, or the only one there is)",
  },
  entrypoint: {
    kind: "list",
    value: "WORD",
    summary:
      "the program, then its arguments (repeatable), in place of the config's: for a folder or a base image",
  },
  "insecure-registry": {
    kind: "list",
    value: "HOST",
    summary: "a registry that may be asked over plain HTTP, or without checking its certificate",
  },
} as const;

export interface ImageOptions {
  readonly platform: string | undefined;
  readonly entrypoint: readonly string[];
  readonly "insecure-registry": readonly string[];
}

export interface Audited {
  readonly subject: Subject;
  readonly report: AuditReport;
}

export interface Auditor {
  /**
   * Audits what an argument names.
   * @throws ToolError as opening, scanning and reading do; a layer that can't be read ends the audit
   */
  audit(text: string): Promise<Audited>;
}

/** Runs `work` with an auditor. What it opened is removed afterwards; the cache keeps what was learnt of layers. */
export async function withAuditor<T>(
  context: Context,
  options: ImageOptions,
  work: (auditor: Auditor) => Promise<T>,
): Promise<T> {
  return withCache(context, async (cache) => {
    const scratchFolder = await mkdtemp(join(tmpdir(), "distill-audit-"));
    const source = imageSource(context, {
      platform: options.platform,
      insecureHosts: options["insecure-registry"],
      cache,
      scratchFolder,
    });
    const services: ScanServices = { cache, scratchFolder, task: context, program: programIdentity() };
    try {
      return await work({
        async audit(text): Promise<Audited> {
          context.signal.throwIfAborted();
          context.emit({ type: "start", id: `audit ${text}`, name: `auditing ${text}` });
          const opened = await source.open(text);
          const scanned = await scan(opened, services);
          const { config, image } = describe(opened, text, options.platform ?? hostPlatform());
          const architecture = image.platform.split("/")[1] ?? "";
          const override = options.entrypoint.length === 0 ? {} : { entrypoint: options.entrypoint };
          const subject = await prepareSubject(scanned, { config, architecture, ...override });
          const report = reportOf(subject, image);
          context.emit({ type: "end", id: `audit ${text}`, note: report.verdict.level });
          return { subject, report };
        },
      });
    } finally {
      source.close();
      await rm(scratchFolder, { recursive: true, force: true });
    }
  });
}

function scan(opened: OpenedSource, services: ScanServices): Promise<ScannedImage> {
  switch (opened.kind) {
    case "image":
      return scanImage(opened.image, services);
    case "folder":
      return scanFolder(opened.path, services);
    case "tar":
      return scanTar(opened.path, services);
  }
}

function describe(
  opened: OpenedSource,
  reference: string,
  platform: string,
): { readonly config: ReturnType<typeof configOf> | undefined; readonly image: AuditedImage } {
  if (opened.kind !== "image") return { config: undefined, image: { reference, platform } };
  const { image } = opened;
  return {
    config: configOf(image),
    image: { reference, digest: image.descriptor.digest, platform: platformOfImage(image) },
  };
}
