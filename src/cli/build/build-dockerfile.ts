// Builds the images of a Dockerfile with the native engine: parse, lower to a graph, solve, audit.

import type { AuditReport } from "../../audit/finding.ts";
import type { Digest } from "../../base/digest.ts";
import type { ImageFigures } from "../../engines/native/image-record.ts";
import type { LevelFinding } from "../../engines/native/self-audit.ts";
import { inlineCache } from "../../engines/native/solver/cache-artifact.ts";
import { imageOf } from "../../engines/native/solver/image.ts";
import { solve } from "../../engines/native/solver/solve.ts";
import type { Solved, SolverServices } from "../../engines/native/solver/solver.ts";
import type { BuildTarget } from "../../graph/vertex.ts";
import type { Image } from "../../oci/model.ts";
import { parseConfig } from "../../oci/validate.ts";
import { reportOnImage } from "../auditing.ts";
import type { PlatformBuild } from "../build-project.ts";
import { withCache } from "../cache.ts";
import type { Context } from "../context.ts";
import { emitWarnings } from "../warnings.ts";
import { openBaseImages } from "./base-images.ts";
import type { BuildFile } from "./build-file.ts";
import { openCacheTransfer } from "./cache-transfer.ts";
import { engineInputs } from "./engine-inputs.ts";
import { readPins, requirePinned, writePins } from "./image-pins.ts";
import { lowerFile, sourceDateEpoch } from "./lower-file.ts";
import { withNativeEngine } from "./native-engine.ts";
import type { StepSettings } from "./step-settings.ts";

export interface DockerfileSettings extends StepSettings {
  readonly target: string | undefined;
  readonly platforms: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  readonly compression: "gzip" | "zstd";
  /** Base images have to be pinned; nothing is written. */
  readonly frozen: boolean;
  /** Pins the base images. */
  readonly lock: boolean;
  readonly insecureHosts: readonly string[];
  /** What the image is called in messages. */
  readonly name: string;
}

/** @throws InvalidInput with every mistake of the file; ToolError as pulling, steps and the disk do */
export async function buildDockerfile(
  context: Context,
  file: BuildFile,
  settings: DockerfileSettings,
): Promise<readonly PlatformBuild[]> {
  return withCache(context, async (cache) => {
    const pinned = settings.lock ? [] : await readPins(context, file.file, settings.frozen);
    const { insecureHosts } = settings;
    const images = openBaseImages(context, { cache, insecureHosts, pinned });
    const transfer = openCacheTransfer(context, { cache, insecureHosts });
    try {
      const { targets, diagnostics } = await lowerFile(context, file, images, settings);
      emitWarnings(context, diagnostics);
      if (settings.frozen) requirePinned(images.pinned(), pinned);
      const inputs = {
        ...engineInputs(settings, images, sourceDateEpoch(context, settings.buildArgs)),
        imported: await transfer.read(settings.cacheFrom),
      };
      const built = await withNativeEngine(context, cache, inputs, async (services) => {
        const made = await buildTargets(context, targets, services, settings);
        const tops = targets.map(({ vertex }) => vertex);
        await transfer.write(settings.cacheTo, tops, services, settings.compression);
        return made;
      });
      if (settings.lock) await writePins(file.file, images.pinned());
      return built;
    } finally {
      images.close();
      transfer.close();
    }
  });
}

async function buildTargets(
  context: Context,
  targets: readonly BuildTarget[],
  services: SolverServices,
  settings: DockerfileSettings,
): Promise<readonly PlatformBuild[]> {
  const built: PlatformBuild[] = [];
  for (const target of targets) {
    const started = context.now();
    const solved = await solve(target.vertex, services, context.signal);
    const image = await madeImage(target, solved, services, settings);
    const report = await reportOnImage(context, services.cache, image, settings.name);
    warnOfStart(context, report);
    built.push({
      image,
      figures: figuresOf(report, image),
      cached: solved.done === 0,
      platform: target.platform,
      packages: [],
      durationMs: context.now() - started,
    });
  }
  return built;
}

/** What can't be started is no image that anybody wants, whatever its level. That nothing is named may be meant: a base for others. */
function warnOfStart(context: Context, { findings }: AuditReport): void {
  for (const { rule, subject, waived, what } of findings) {
    if (rule !== "no-start" || subject !== "program" || waived !== undefined) continue;
    context.emit({ type: "log", level: "warning", message: `${what} [${rule}]` });
  }
}

/** With `--cache-to type=inline` its config also says what its layers are results of. */
async function madeImage(
  target: BuildTarget,
  solved: Solved,
  services: SolverServices,
  { cacheTo, compression }: DockerfileSettings,
): Promise<Image> {
  const image = await imageOf(target, solved, services, { compression });
  if (!cacheTo.some(({ type }) => type === "inline")) return image;
  const { signal } = services.task;
  const members = await inlineCache(target.vertex, image.layers, services, signal, compression);
  return imageOf(target, solved, services, { compression, members });
}

function figuresOf(report: AuditReport, image: Image): ImageFigures {
  return {
    level: report.verdict.level,
    levelFindings: levelFindings(report, image),
    files: report.totals.files,
    sizeBytes: report.totals.bytes,
    packagesShipped: report.packages.length,
    packagesLocked: report.packages.length,
  };
}

/** What holds the level down, with the instruction that made the layer. */
function levelFindings(report: AuditReport, image: Image): readonly LevelFinding[] {
  const makers = makersOf(image);
  return report.findings.flatMap((one): LevelFinding[] => {
    if (one.atMost === undefined || one.waived !== undefined) return [];
    const maker = one.layer === undefined ? undefined : makers.get(one.layer);
    return [
      {
        rule: one.rule,
        atMost: one.atMost,
        ...(one.path === undefined ? {} : { path: one.path }),
        what: one.what,
        ...(maker === undefined ? {} : { broughtBy: { declared: maker } }),
      },
    ];
  });
}

/** The instruction behind each layer, as the history tells it. */
function makersOf(image: Image): ReadonlyMap<Digest, string> {
  const history = parseConfig(image.config, "the image's config").history ?? [];
  const makers = history.filter((one) => one.empty_layer !== true).map((one) => one.created_by ?? "");
  if (makers.length !== image.layers.length) return new Map();
  return new Map(image.layers.map(({ descriptor }, index) => [descriptor.digest, makers[index] ?? ""]));
}
