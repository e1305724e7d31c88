// The mounts of a step: what ExecMount asks for, as what the runner makes. Nothing of them is in the step's result.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "../../../../base/canonical-json.ts";
import { type Diagnostic, InvalidInput, type Span } from "../../../../base/diagnostics.ts";
import { type Digest, digestOf } from "../../../../base/digest.ts";
import { ToolError } from "../../../../base/errors.ts";
import { limits } from "../../../../base/limits.ts";
import { nearestName } from "../../../../base/nearest.ts";
import type { ExecMount } from "../../../../graph/operation.ts";
import { treePath } from "../../../../tree/path.ts";
import { resolve } from "../../../../tree/resolve.ts";
import { selectionDigest } from "../../files/selection.ts";
import type { StepMount } from "../../runner/step.ts";
import { mountedOf } from "../parts.ts";
import type { Result } from "../result.ts";
import type { SolverServices } from "../solver.ts";
import { type CacheMount, cacheMountName, openCacheMount } from "./cache-mounts.ts";
import { fillCacheMount } from "./fill-mount.ts";

type Mount<K extends ExecMount["kind"]> = Extract<ExecMount, { kind: K }>;

export interface MountContext {
  readonly inputs: readonly Result[];
  readonly services: SolverServices;
  readonly signal: AbortSignal;
  /** A folder for this step alone, on the file system of the layers. */
  readonly scratchFolder: string;
  readonly span: Span | undefined;
}

export interface StepMounts {
  readonly mounts: readonly StepMount[];
  /** Variables of secrets. */
  readonly variables: ReadonlyMap<string, string>;
  release(): Promise<void>;
}

/**
 * Prepares them in their order. What it opened is released where one can't be made.
 * @throws InvalidInput "missing-secret", "missing-ssh-agent", "missing-mount-source" at the instruction's place
 */
export async function openMounts(mounts: readonly ExecMount[], context: MountContext): Promise<StepMounts> {
  const opened = new Map<string, CacheMount>();
  const made: StepMount[] = [];
  const variables = new Map<string, string>();
  const release = async (): Promise<void> => {
    for (const one of opened.values()) await one.release();
  };
  try {
    await openCaches(mounts, context, opened);
    for (const [index, mount] of mounts.entries()) {
      const one = await stepMount(mount, index, context, opened, variables);
      if (one !== undefined) made.push(one);
    }
    return { mounts: made, variables, release };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}

async function stepMount(
  mount: ExecMount,
  index: number,
  context: MountContext,
  caches: ReadonlyMap<string, CacheMount>,
  variables: Map<string, string>,
): Promise<StepMount | undefined> {
  switch (mount.kind) {
    case "bind":
      return bindMount(mount, index, context);
    case "cache":
      return cacheMount(mount, context, caches);
    case "tmpfs":
      return mount;
    case "secret":
      return secretMount(mount, context, variables);
    case "ssh":
      return agentMount(mount, context);
  }
}

/** The stack of the input's layers; with a layer of its own for this step where it may be written. */
async function bindMount(mount: Mount<"bind">, index: number, context: MountContext): Promise<StepMount> {
  const { scratchFolder, services } = context;
  const input = context.inputs[mount.input];
  if (input === undefined) throw new Error("internal error: a mount names an input of its vertex");
  await requireSource(mount.source, input, context);
  const lower = await layerFolders(await input.snapshot(), services, scratchFolder);
  const path = mount.source === "/" ? {} : { path: mount.source };
  const { target } = mount;
  if (mount.writable) {
    const upper = join(scratchFolder, `mount-${index}`);
    const work = `${upper}-work`;
    await Promise.all([mkdir(upper), mkdir(work)]);
    return { kind: "overlay", lower, upper, work, target, ...path };
  }
  const [only] = lower;
  if (only === undefined || lower.length > 1) return { kind: "overlay", lower, target, ...path };
  return { kind: "bind", source: only, target, readOnly: true, ...path };
}

/** An overlay has at least one folder below. */
export async function layerFolders(
  snapshot: Awaited<ReturnType<Result["snapshot"]>>,
  { store }: SolverServices,
  scratchFolder: string,
): Promise<readonly string[]> {
  const folders = await store.folders(snapshot);
  if (folders.length > 0) return folders;
  const empty = join(scratchFolder, "empty");
  await mkdir(empty, { recursive: true });
  return [empty];
}

async function requireSource(source: string, input: Result, { span }: MountContext): Promise<void> {
  if (source === "/") return;
  const tree = await input.tree();
  const path = treePath(source);
  if (path !== undefined && resolve(tree, path) !== undefined) return;
  throw invalid(
    "missing-mount-source",
    `nothing is at ${JSON.stringify(source)} in what the mount is from`,
    span,
  );
}

/** In an order that is the same for all steps, so that none waits for another that waits for it. */
async function openCaches(
  mounts: readonly ExecMount[],
  context: MountContext,
  opened: Map<string, CacheMount>,
): Promise<void> {
  const { services, signal } = context;
  const requests = new Map<string, { readonly mount: Mount<"cache">; readonly request: CacheRequest }>();
  for (const mount of mounts) {
    if (mount.kind !== "cache") continue;
    const request = await cacheRequest(mount, context);
    const name = cacheMountName(request);
    if (!requests.has(name)) requests.set(name, { mount, request });
  }
  for (const [name, { mount, request }] of [...requests].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const fill = (folder: string): Promise<void> => fillCacheMount(folder, mount, context);
    opened.set(name, await openCacheMount(services.cache, request, fill, signal));
  }
}

type CacheRequest = Parameters<typeof openCacheMount>[1];

async function cacheRequest(
  mount: Mount<"cache">,
  { inputs, services }: MountContext,
): Promise<CacheRequest> {
  const copy = mountedOf(mount);
  const tree = copy === undefined ? undefined : await inputs[copy.input]?.tree();
  return {
    namespace: services.settings.cacheNamespace,
    id: mount.id,
    sharing: mount.sharing,
    initial: copy === undefined || tree === undefined ? emptyFolder(mount) : selectionDigest(copy, tree),
  };
}

/** Of the folder that a cache begins as; undefined for the usual one. Other owners and modes make other caches. */
function emptyFolder({ gid, mode, uid }: Mount<"cache">): Digest | undefined {
  return mode === 0o755 && uid === 0 && gid === 0 ? undefined : digestOf(canonicalJson([mode, uid, gid]));
}

async function cacheMount(
  mount: Mount<"cache">,
  context: MountContext,
  caches: ReadonlyMap<string, CacheMount>,
): Promise<StepMount> {
  const opened = caches.get(cacheMountName(await cacheRequest(mount, context)));
  if (opened === undefined) throw new Error("internal error: a cache mount was opened before");
  return { kind: "bind", source: opened.folder, target: mount.target, readOnly: mount.readOnly };
}

async function secretMount(
  mount: Mount<"secret">,
  { services, span }: MountContext,
  variables: Map<string, string>,
): Promise<StepMount | undefined> {
  const source = services.secrets.get(mount.id);
  if (source === undefined) {
    if (!mount.required) return undefined;
    const near = nearestName(mount.id, services.secrets.keys());
    const hint =
      near === undefined
        ? `give it: --secret id=${mount.id},src=FILE or --secret id=${mount.id},env=NAME`
        : `did you mean ${JSON.stringify(near)}?`;
    throw invalid(
      "missing-secret",
      `the step needs the secret ${JSON.stringify(mount.id)}, which was not given`,
      span,
      hint,
    );
  }
  const content = await source.read();
  if (content.length > limits.secretBytesMax) {
    const why = `it is larger than ${limits.secretBytesMax} bytes (secretBytesMax)`;
    throw new ToolError("limit", { what: `reading the secret ${JSON.stringify(mount.id)}`, why });
  }
  const { gid, mode, target, uid, variable } = mount;
  if (variable !== undefined) variables.set(variable, textOf(content, mount.id));
  return target === undefined ? undefined : { kind: "secret", target, content, mode, uid, gid };
}

/** A variable ends at a zero byte, and would say something else than the secret. */
function textOf(content: Uint8Array, id: string): string {
  const text = Buffer.from(content).toString("utf8");
  if (!text.includes("\0")) return text;
  throw new ToolError("usage", {
    what: `giving the secret ${JSON.stringify(id)} as a variable`,
    why: "it holds a zero byte",
    hint: "mount it as a file",
  });
}

function agentMount(mount: Mount<"ssh">, { services, span }: MountContext): StepMount | undefined {
  const source = services.agents.get(mount.id);
  if (source !== undefined) {
    const { gid, mode, target, uid } = mount;
    return { kind: "socket", source, target, mode, uid, gid };
  }
  if (!mount.required) return undefined;
  const hint = mount.id === "default" ? "give it: --ssh default" : `give it: --ssh ${mount.id}=SOCKET`;
  const message = `the step needs the ssh agent ${JSON.stringify(mount.id)}, which was not given`;
  throw invalid("missing-ssh-agent", message, span, hint);
}

function invalid(
  rule: "missing-secret" | "missing-ssh-agent" | "missing-mount-source",
  message: string,
  span: Span | undefined,
  hint?: string,
): InvalidInput {
  const diagnostic: Diagnostic = {
    severity: "error",
    rule,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(span === undefined ? {} : { span }),
  };
  return new InvalidInput([diagnostic]);
}
