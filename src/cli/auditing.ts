// Audits for commands: an image by any name, opened, scanned and judged; what was opened for it is closed in the end.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditedImage, AuditReport, DetailedReport } from "../audit/finding.ts";
import type { LaunchOverride } from "../audit/launch.ts";
import { findReport, rememberReport, reportKey } from "../audit/remembered.ts";
import type { ScannedImage, ScanServices } from "../audit/scan/scan.ts";
import { verifyLayers } from "../audit/scan/verify-layers.ts";
import type { Subject } from "../audit/subject.ts";
import type { Cache } from "../base/cache.ts";
import { messageOf, ToolError } from "../base/errors.ts";
import type { Image } from "../oci/model.ts";
import { parsePlatform } from "../oci/platform.ts";
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
    summary: "the program, then its arguments, in place of the config's: for a folder or a base image",
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

export interface AuditorOptions extends ImageOptions {
  /** More than one image is looked at: errors say which one they are about. */
  readonly several: boolean;
}

export interface Audited {
  readonly subject: Subject;
  readonly report: DetailedReport;
}

export interface Auditor {
  /**
   * Audits what an argument names.
   * @throws ToolError as opening, scanning and reading do; a layer that can't be read ends the audit
   */
  audit(text: string): Promise<Audited>;
  /** The report alone: remembered, where the very same image was judged before. */
  report(text: string): Promise<AuditReport>;
}

/** Runs `work` with an auditor. What it opened is removed afterwards; the cache keeps what was learnt of layers. */
export async function withAuditor<T>(
  context: Context,
  options: AuditorOptions,
  work: (auditor: Auditor) => Promise<T>,
): Promise<T> {
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
  return withCache(context, async (cache) => {
    const scratchFolder = await mkdtemp(join(tmpdir(), "distill-audit-"));
    const source = imageSource(context, {
      platform,
      insecureHosts: options["insecure-registry"],
      cache,
      scratchFolder,
    });
    const program = programIdentity();
    const services: ScanServices = { cache, scratchFolder, task: context, program, loaded: new Map() };
    const told = { emit: context.emit, several: options.several };
    const override: LaunchOverride =
      options.entrypoint.length === 0 ? {} : { entrypoint: options.entrypoint };
    const open = async (text: string): Promise<Named> => {
      context.signal.throwIfAborted();
      const opened = await source.open(text);
      return { opened, image: named(opened, text, options.platform ?? hostPlatform()) };
    };
    const judged = (scanned: ScannedImage, one: Named): Promise<Audited> =>
      judge(scanned, one, override, services);
    const closers: ScannedImage["close"][] = [];
    const audit = async (one: Named): Promise<Audited> => {
      const scanned = await scan(one.opened, services);
      closers.push(scanned.close);
      return judged(scanned, one);
    };
    try {
      return await work({
        audit: (text) =>
          announced(
            told,
            text,
            async () => audit(await open(text)),
            (done) => done.report,
          ),
        report: (text) =>
          announced(
            told,
            text,
            async () => {
              const one = await open(text);
              return reportOn(one, override, services);
            },
            (done) => done,
          ),
      });
    } finally {
      for (const close of closers) await close();
      source.close();
      await rm(scratchFolder, { recursive: true, force: true });
    }
  });
}

/**
 * The report on an image that is at hand: remembered, where the very same image was judged before.
 * @throws ToolError as scanning does
 */
export async function reportOnImage(
  context: Context,
  cache: Cache,
  image: Image,
  reference: string,
): Promise<AuditReport> {
  const scratchFolder = await mkdtemp(join(tmpdir(), "distill-audit-"));
  const program = programIdentity();
  const services: ScanServices = { cache, scratchFolder, task: context, program, loaded: new Map() };
  const opened: OpenedSource = { kind: "image", image };
  const one: Named = { opened, image: named(opened, reference, platformOfImage(image)) };
  try {
    return await reportOn(one, {}, services);
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

/** Remembered, or made; only what is said of the image is held, not its tree. */
async function reportOn(one: Named, override: LaunchOverride, services: ScanServices): Promise<AuditReport> {
  const known = await remembered(one, override, services);
  if (known !== undefined) return known;
  const scanned = await scan(one.opened, services);
  try {
    const { explain: _, files: __, ...rest } = (await judge(scanned, one, override, services)).report;
    return rest;
  } finally {
    await scanned.close();
  }
}

interface Named {
  readonly opened: OpenedSource;
  readonly image: AuditedImage;
}

/** The report on an image as it was scanned. It is remembered. */
async function judge(
  scanned: ScannedImage,
  { image, opened }: Named,
  override: LaunchOverride,
  { cache, program = "" }: ScanServices,
): Promise<Audited> {
  // What was judged before needs none of this.
  const { configOf, prepareSubject } = await import("../audit/prepare.ts");
  const { reportOf } = await import("../audit/audit.ts");
  const config = opened.kind === "image" ? configOf(opened.image) : undefined;
  const architecture = image.platform.split("/")[1] ?? "";
  const subject = await prepareSubject(scanned, { config, architecture, ...override });
  const report = reportOf(subject, image);
  const key = reportKey(image, override, program);
  if (key !== undefined) await rememberReport(cache, key, report);
  return { subject, report };
}

/** Reports what is being audited, and its level in the end. */
async function announced<T>(
  { emit, several }: Pick<Context, "emit"> & Pick<AuditorOptions, "several">,
  text: string,
  work: () => Promise<T>,
  reportIn: (done: T) => AuditReport,
): Promise<T> {
  const id = `audit ${text}`;
  emit({ type: "start", id, name: `auditing ${text}` });
  try {
    const done = await (several ? work().catch(naming(text)) : work());
    emit({ type: "end", id, note: reportIn(done).verdict.level });
    return done;
  } catch (thrown) {
    emit({ type: "fail", id, message: thrown instanceof ToolError ? thrown.why : messageOf(thrown) });
    throw thrown;
  }
}

/** Of several images, a digest or a path alone doesn't tell which one is damaged. */
function naming(text: string): (thrown: unknown) => never {
  return (thrown) => {
    if (!(thrown instanceof ToolError)) throw thrown;
    const { cause, code, hint, what, why } = thrown;
    throw new ToolError(code, {
      what: `auditing ${text}`,
      why: `${what}: ${why}`,
      cause,
      ...(hint === undefined ? {} : { hint }),
    });
  };
}

/** The report of an image that is, layer by layer, what it was when it was judged before. */
async function remembered(
  { image, opened }: Named,
  override: LaunchOverride,
  services: ScanServices,
): Promise<AuditReport | undefined> {
  const key = reportKey(image, override, services.program ?? "");
  if (key === undefined || opened.kind !== "image") return undefined;
  const report = await findReport(services.cache, key, image);
  if (report !== undefined) await verifyLayers(opened.image, services);
  return report;
}

async function scan(opened: OpenedSource, services: ScanServices): Promise<ScannedImage> {
  const { scanFolder, scanImage, scanTar } = await import("../audit/scan/scan.ts");
  switch (opened.kind) {
    case "image":
      return scanImage(opened.image, services);
    case "folder":
      return scanFolder(opened.path, services);
    case "tar":
      return scanTar(opened.path, services);
  }
}

function named(opened: OpenedSource, reference: string, platform: string): AuditedImage {
  if (opened.kind !== "image") return { reference, platform };
  const { image } = opened;
  return { reference, digest: image.descriptor.digest, platform: platformOfImage(image) };
}
