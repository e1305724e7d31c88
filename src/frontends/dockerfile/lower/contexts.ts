// What stages begin with that is no stage: images, the build context, and named contexts, which stand for a stage or an image of
// their name (docs.docker.com/reference/cli/docker/buildx/build, "--build-context").
import type { Span } from "../../../base/diagnostics.ts";
import { messageOf, ToolError } from "../../../base/errors.ts";
import { nearestName } from "../../../base/nearest.ts";
import { type Vertex, vertexOf } from "../../../graph/vertex.ts";
import type { ImageConfig } from "../../../oci/model.ts";
import { formatReference, parseReference, type Reference } from "../../../oci/reference.ts";
import { runMembers } from "../../../oci/validate.ts";
import { gitSource } from "./git.ts";
import { Mistake } from "./mistake.ts";
import type { NamedContext } from "./options.ts";
import type { ImageDraft, Scope } from "./scope.ts";
import { emptyImage, scratchVertex } from "./scratch.ts";
import type { Source } from "./sources.ts";

export interface LoadedContext extends Source {
  readonly image: ImageDraft;
}

/** The context that stands for a stage or image of this name. */
export function namedContext(scope: Scope, name: string, platform: string): NamedContext | undefined {
  const familiar = familiarName(name);
  if (familiar === "scratch" || familiar === "context") return undefined;
  return scope.options.contexts.get(`${familiar}::${platform}`) ?? scope.options.contexts.get(familiar);
}

/** Without what Docker adds: "alpine" of "docker.io/library/alpine:latest". */
function familiarName(name: string): string {
  const reference = referenceOf(name);
  if (reference === undefined) return name.toLowerCase();
  const full = formatReference(reference).replace(/:latest$/, "");
  return full.replace(/^docker\.io\/(?:library\/)?/, "");
}

function referenceOf(name: string): Reference | undefined {
  try {
    return parseReference(name);
  } catch (thrown) {
    if (thrown instanceof ToolError) return undefined;
    throw thrown;
  }
}

/** The build context, or what was given in its place. */
export function contextSource(scope: Scope): Source {
  const given = scope.options.contexts.get("context");
  if (given === undefined) return { vertex: scope.locals.vertex("context"), local: "context" };
  if (given.kind === "image") {
    // The context is given before any image is asked for: its digest is found when it is pulled.
    const reference = formatReference(parseReference(given.reference));
    const operation = { kind: "image", reference, platform: scope.platform } as const;
    return { vertex: vertexOf(operation, [], { name: `[context context] ${reference}` }), local: undefined };
  }
  return fetchedContext(scope, "context", given);
}

/** @throws Mistake where it isn't one, ToolError where an image can't be had */
export async function loadContext(
  scope: Scope,
  name: string,
  context: NamedContext,
  platform: string,
  span: Span,
): Promise<LoadedContext> {
  if (context.kind === "image") {
    if (context.reference === "scratch")
      return { vertex: scratchVertex, local: undefined, image: emptyImage(platform) };
    const { reference, config } = await loadImage(scope, context.reference, platform, span);
    return {
      vertex: imageVertex(reference, config, platform, `[context ${name}] ${reference}`, span),
      local: undefined,
      image: draftOf(config),
    };
  }
  return { ...fetchedContext(scope, name, context), image: emptyImage(platform) };
}

function fetchedContext(
  scope: Scope,
  name: string,
  context: Exclude<NamedContext, { kind: "image" }>,
): Source {
  if (context.kind === "local") return { vertex: scope.locals.vertex(context.name), local: context.name };
  const meta = { name: `[context ${name}] ${context.url}` };
  if (context.kind === "git") {
    const nowhere = { file: "--build-context", line: 1, column: 1, endLine: 1, endColumn: 1 };
    const git = gitSource(context.url, nowhere);
    if (git === undefined) throw new Mistake("wrong-source", undefined, `${context.url} is no repository`);
    const operation = { kind: "git", ...git, keepGitFolder: git.keepGitFolder ?? false } as const;
    return { vertex: vertexOf(operation, [], meta), local: undefined };
  }
  const file = vertexOf(
    { kind: "http", url: context.url, name: "context", mode: 0o600, uid: 0, gid: 0 },
    [],
    meta,
  );
  const unpacked = {
    kind: "copy",
    input: 1,
    source: "/context",
    target: "/",
    allowWildcard: false,
    allowEmptyWildcard: false,
    contentsOnly: false,
    followLinks: false,
    unpack: true,
    parents: false,
    exclude: [],
  } as const;
  return {
    vertex: vertexOf({ kind: "file", actions: [unpacked] }, [scratchVertex, file], meta),
    local: undefined,
  };
}

export interface LoadedImage {
  /** In full, with its digest. */
  readonly reference: string;
  readonly config: ImageConfig;
}

/** @throws Mistake "wrong-image-name", "unknown-image"; ToolError */
export async function loadImage(
  scope: Scope,
  name: string,
  platform: string,
  span: Span,
): Promise<LoadedImage> {
  let parsed: Reference;
  try {
    parsed = parseReference(name);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    throw new Mistake(
      "wrong-image-name",
      span,
      `"${name}" is no name of an image: ${thrown.why}`,
      stageHint(scope, name) ?? thrown.hint,
    );
  }
  try {
    const { digest, config } = await scope.resolve(formatReference(parsed), platform);
    return { reference: formatReference({ ...parsed, digest }), config };
  } catch (thrown) {
    const hint = stageHint(scope, name);
    if (!(thrown instanceof ToolError) || hint === undefined) throw thrown;
    // A registry may not say that it does not have what the user may not see.
    if (thrown.code === "not-found" || thrown.code === "unauthorized") {
      throw new Mistake(
        "unknown-image",
        span,
        `${name} is neither a stage nor an image: ${messageOf(thrown)}`,
        hint,
      );
    }
    const { code, what, why, cause } = thrown;
    throw new ToolError(code, { what, why, hint, cause });
  }
}

function stageHint(scope: Scope, name: string): string | undefined {
  const near = nearestName(name, scope.byName.keys());
  return near === undefined || near === name ? undefined : `did you mean the stage ${near}?`;
}

/** An image without layers is the empty tree. */
export function imageVertex(
  reference: string,
  config: ImageConfig,
  platform: string,
  name: string,
  span: Span,
): Vertex {
  const { digest, ...named } = parseReference(reference);
  if (config.rootfs.diff_ids.length === 0) return scratchVertex;
  const operation = {
    kind: "image",
    reference: formatReference(named),
    ...(digest === undefined ? {} : { digest }),
    platform,
  } as const;
  return vertexOf(operation, [], { name, span });
}

/** What BuildKit takes over of an image; a config can hold more, which was true of that image alone. */
const inherited: readonly string[] = ["author", "architecture", "os", "os.version", "os.features", "variant"];

export function draftOf({ config, history, ...image }: ImageConfig): ImageDraft {
  const { architecture, os } = image;
  return {
    document: { ...pick(image, inherited), architecture, os },
    config: pick(config ?? {}, runMembers),
    history: history ?? [],
  };
}

function pick(value: object, names: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(value).filter(([name, one]) => names.includes(name) && one !== null),
  );
}
