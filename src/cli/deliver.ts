// Where finished images go: files of this machine, registries, the local engine.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { discardDamaged } from "../assemble/layer.ts";
import { InvalidInput } from "../base/diagnostics.ts";
import type { Digest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import type { Phase } from "../graph/plan.ts";
import { makeImageSet, rootOf } from "../oci/derive.ts";
import { type LocalLocation, parseLocation } from "../oci/locations.ts";
import type { Image, ImageSet } from "../oci/model.ts";
import { formatReference, parseReference, type Reference } from "../oci/reference.ts";
import type { PlatformBuild } from "./build-project.ts";
import type { Context } from "./context.ts";

export interface Destinations {
  readonly outputs: readonly Output[];
  readonly references: readonly Reference[];
  readonly push: boolean;
  readonly load: boolean;
  readonly insecureHosts: readonly string[];
}

interface Output {
  /** As the user wrote it: "oci:out". */
  readonly text: string;
  readonly location: LocalLocation;
}

interface DestinationOptions {
  readonly tag: readonly string[];
  readonly output: readonly string[];
  readonly push: boolean;
  readonly load: boolean;
  readonly "insecure-registry": readonly string[];
  readonly phase: Phase;
  readonly name: string;
  readonly platforms: readonly string[];
}

/** Checks all destinations before anything is built. @throws InvalidInput, ToolError "usage" */
export function destinationsOf(options: DestinationOptions): Destinations {
  const { push, load, phase, name } = options;
  const outputs = options.output.map((text) => ({ text, location: localLocation(text, options.platforms) }));
  const digested = options.tag.find((text) => parseReference(text).digest !== undefined);
  if (digested !== undefined)
    throw wrongUsage(`${digested} names a digest, which the build decides`, "leave it out");
  const named = options.tag.map(parseReference).map((one) => (phase === "init" ? withInit(one) : one));
  if (push && named.length === 0) throw wrongUsage("--push needs a name", "add -t REGISTRY/NAME:TAG");
  const fallback = parseReference(phase === "init" ? `${name}-init` : name);
  return {
    outputs,
    references:
      named.length === 0 ? [{ ...fallback, tag: "latest" }] : named.map((one) => ({ tag: "latest", ...one })),
    push,
    load,
    insecureHosts: options["insecure-registry"],
  };
}

function localLocation(text: string, platforms: readonly string[]): LocalLocation {
  const location = parseLocation(text);
  if (location.kind === "bare" || location.kind === "registry" || location.kind === "docker-daemon") {
    throw wrongUsage(
      `${text} is no place for an output`,
      "write oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR or tar:FILE; --push for a registry, --load for an engine",
    );
  }
  if (platforms.length > 1 && location.kind !== "oci-layout" && location.kind !== "oci-archive") {
    throw wrongUsage(
      `${text} holds one platform, not ${platforms.join(" and ")}`,
      "choose one with --platform, or write oci:DIR or oci-archive:FILE",
    );
  }
  return location;
}

/** The init image's name: "-init" at the end of the repository. */
function withInit(reference: Reference): Reference {
  return { ...reference, repository: `${reference.repository}-init` };
}

function wrongUsage(message: string, hint: string): InvalidInput {
  return new InvalidInput([{ severity: "error", rule: "wrong-usage", message, hint }]);
}

export interface Delivered {
  readonly digest: Digest;
  /** Files as the user wrote them; names in full for registries, and with the engine that has them. */
  readonly places: readonly string[];
}

/** @throws ToolError as writing, pushing and loading do */
export async function deliver(
  context: Context,
  builds: readonly PlatformBuild[],
  destinations: Destinations,
): Promise<Delivered> {
  const set = makeImageSet(builds.map(({ image }) => image));
  const places = await mendingCache(set.images, async () => [
    ...(await write(context, set, destinations)),
    ...(destinations.push ? await push(context, set, destinations) : []),
    ...(destinations.load ? await load(context, set, destinations) : []),
  ]);
  return { digest: rootOf(set).digest, places };
}

/** Runs `work` on images of the cache. Where it finds one damaged, what is damaged is removed: the next build makes it again. */
export async function mendingCache<T>(images: readonly Image[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof ToolError && (thrown.code === "digest-mismatch" || thrown.code === "malformed"))
      await discardDamaged(images.flatMap(({ layers }) => layers));
    throw thrown;
  }
}

async function write(
  context: Context,
  set: ImageSet,
  { outputs, references }: Destinations,
): Promise<string[]> {
  if (outputs.length === 0) return [];
  const { writeImageSet } = await import("../oci/write.ts");
  const scratchFolder = await mkdtemp(join(tmpdir(), "distill-"));
  try {
    const names = references.map(dockerName);
    for (const { location } of outputs) {
      const path = resolve(context.cwd, location.path);
      const tag =
        location.kind === "oci-layout" || location.kind === "oci-archive" ? location.tag : undefined;
      const fallback = references[0]?.tag ?? "latest";
      const placed =
        location.kind === "oci-layout" || location.kind === "oci-archive"
          ? { ...location, path, tag: tag ?? fallback }
          : { ...location, path };
      await writeImageSet(set, placed, {
        scratchFolder,
        references: names,
        signal: context.signal,
        emit: context.emit,
      });
    }
    return outputs.map(({ text }) => text);
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

/** As people and `docker images` write it: without the default registry. */
function dockerName(reference: Reference): string {
  return formatReference(reference).replace(/^docker\.io\/(?:library\/)?/, "");
}

async function push(
  context: Context,
  set: ImageSet,
  { references, insecureHosts }: Destinations,
): Promise<string[]> {
  const [{ openRegistryClient }, { pushImageSet }] = await Promise.all([
    import("../oci/registry/client.ts"),
    import("../oci/registry/push.ts"),
  ]);
  const client = await openRegistryClient({ environment: context.env, task: context, insecureHosts });
  try {
    for (const reference of references) await pushImageSet(set, reference, { client });
    return references.map(formatReference);
  } finally {
    client.close();
  }
}

async function load(context: Context, set: ImageSet, { references }: Destinations): Promise<string[]> {
  const { loadIntoDaemon } = await import("../oci/daemon.ts");
  const { hostImage } = await import("./host-image.ts");
  const engine = await loadIntoDaemon(hostImage(set), references.map(dockerName), {
    environment: context.env,
    task: context,
  });
  return references.map((reference) => `${dockerName(reference)} in ${engine}`);
}
