// Sources: vertices without inputs that bring something in. Each is resolved to what it *is* before anything of it is read:
// that names it in keys, so that a build notices a moved tag, branch or file, and nothing else.
import type { Digest } from "../../../base/digest.ts";
import { ToolError } from "../../../base/errors.ts";
import { lazy } from "../../../base/lazy.ts";
import type { ImageOperation, LocalOperation, Operation } from "../../../graph/operation.ts";
import type { Vertex } from "../../../graph/vertex.ts";
import { openLocal } from "../files/local.ts";
import { sourceKey } from "./keys.ts";
import type { LayerSource } from "./records.ts";
import { emptySnapshot, type Result, resultOfSnapshot, resultOfTree } from "./result.ts";
import type { SolverServices } from "./solver.ts";
import { openGit } from "./sources/git.ts";
import { openHttp } from "./sources/http.ts";

export interface Source {
  /** The definition key. */
  readonly key: Digest;
  readonly result: Result;
  /** Whether nothing had to be fetched. */
  readonly cached: boolean;
}

type SourceOperation = Extract<Operation, { kind: "scratch" | "image" | "local" | "git" | "http" }>;

export function isSource(operation: Operation): operation is SourceOperation {
  return ["scratch", "image", "local", "git", "http"].includes(operation.kind);
}

/**
 * Resolves a source. `origins` learns where layers can be read again, by their ids.
 * @throws ToolError "not-found", "network", "registry", "digest-mismatch"; InvalidInput for a context that isn't there
 */
export async function openSource(
  vertex: Vertex,
  services: SolverServices,
  signal: AbortSignal,
  origins: Map<Digest, LayerSource>,
): Promise<Source> {
  const { operation } = vertex;
  switch (operation.kind) {
    case "scratch":
      return {
        key: sourceKey("scratch", null),
        result: resultOfSnapshot(emptySnapshot, services.store),
        cached: true,
      };
    case "image":
      return openImage(operation, services, origins);
    case "local":
      return openContext(operation, services, signal);
    case "git":
      return openGit(operation, services, signal);
    case "http":
      return openHttp(operation, services, signal);
    default:
      throw new Error(`internal error: ${operation.kind} is no source`);
  }
}

async function openImage(
  operation: ImageOperation,
  services: SolverServices,
  origins: Map<Digest, LayerSource>,
): Promise<Source> {
  const { digest, platform, reference } = operation;
  const image = lazy(() => services.image(reference, digest, platform));
  // A pinned image is asked for only where its layers are.
  const pinned = digest ?? (await image()).descriptor.digest;
  const snapshot = lazy(async () => {
    const { layers } = await image();
    for (const { diffId } of layers)
      origins.set(diffId, { kind: "image", reference, digest: pinned, platform });
    return { layers: await Promise.all(layers.map((layer) => services.store.fromImage(layer))) };
  });
  const tree = lazy(async () => services.store.tree(await snapshot()));
  return {
    key: sourceKey("image", [pinned, platform]),
    result: { snapshot, tree },
    cached: digest !== undefined,
  };
}

async function openContext(
  operation: LocalOperation,
  services: SolverServices,
  signal: AbortSignal,
): Promise<Source> {
  const folder = services.locals.get(operation.name);
  if (folder === undefined) {
    throw new ToolError("not-found", {
      what: `opening the context ${JSON.stringify(operation.name)}`,
      why: "no folder of that name was given",
      hint: `name one with --build-context ${operation.name}=FOLDER`,
    });
  }
  const { cache, store, task } = services;
  const local = await openLocal(folder, operation, { cache, signal, now: task.now });
  const result: Result = {
    ...resultOfTree(local.tree, store),
    explainAbsent: (path) => Promise.resolve(local.explainAbsent(path)),
  };
  return { key: sourceKey("local", local.digest), result, cached: local.filesRead === 0 };
}
