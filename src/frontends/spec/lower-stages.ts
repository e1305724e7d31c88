// From the stages of `build` to vertices: what each starts from, then one vertex for each step. Only stages that the image needs
// are lowered, so that an engine does nothing for the others.
import type { Diagnostic } from "../../base/diagnostics.ts";
import type { Digest } from "../../base/digest.ts";
import { defaultPath } from "../../base/search-path.ts";
import type { LockedPackage } from "../../debian/locked.ts";
import type { CopyAction, ExecMount, ExecOperation, Owner } from "../../graph/operation.ts";
import { type StagePhase, type StagePlan, stageJson } from "../../graph/plan.ts";
import { type Vertex, type VertexMeta, vertexOf } from "../../graph/vertex.ts";
import type { ImageConfig, RunConfig } from "../../oci/model.ts";
import type { CopySpec, RunStepSpec, Spec, StageSpec, StepSpec } from "./spec.ts";
import { lowerStagePlans, neededStages } from "./stages.ts";

export interface StageOptions {
  /** "linux/amd64": stages are of the image's own platform. */
  readonly platform: string;
  /** Absolute: the spec's own. */
  readonly folder: string;
  /** The locked packages of a stage on this platform. @throws what the lock says of one that it hasn't got */
  readonly packages: (phase: StagePhase) => readonly Pick<LockedPackage, "name" | "digest">[];
  /** Names the program that composes packages. */
  readonly program: string;
  /** What an image's name means, by the lock. */
  readonly resolveImage: (
    reference: string,
    platform: string,
  ) => Promise<{ readonly digest: Digest; readonly config: ImageConfig }>;
  /** The patterns of the context's .dockerignore. */
  readonly ignorePatterns: readonly string[];
  /** Stages whose steps are done whatever the cache knows. */
  readonly ignoreCache: ReadonlySet<string> | "all";
}

/** A stage so far: the vertex to build on, and what its image says of commands. */
interface Base {
  readonly vertex: Vertex;
  readonly config: RunConfig;
}

/**
 * The needed stages by name, each as the vertex of its last step.
 * @throws what `packages` and `resolveImage` do
 */
export async function lowerStages(spec: Spec, options: StageOptions): Promise<ReadonlyMap<string, Vertex>> {
  const stages = neededStages(spec);
  const plans = new Map<string, StagePlan>(
    lowerStagePlans(spec, options.folder).map((plan) => [plan.phase, plan]),
  );
  const context = contextOf(stages, options);
  const lowered = new Map<string, Vertex>();
  for (const stage of stages) {
    const { config, vertex } = await baseOf(stage, plans.get(`build/${stage.name}`), options);
    let at = vertex;
    for (const [index, step] of stage.steps.entries()) {
      const meta = metaOf(stage, index + 1, stepName(step), step, options);
      const { copy, run } = step;
      if (copy !== undefined) {
        const from = copy.from === "context" ? context : lowered.get(copy.from);
        if (from !== undefined) at = copyVertex(at, from, copy, meta);
      } else if (run !== undefined) at = runVertex({ vertex: at, config }, run, meta, options);
    }
    lowered.set(stage.name, at);
  }
  return lowered;
}

async function baseOf(stage: StageSpec, plan: StagePlan | undefined, options: StageOptions): Promise<Base> {
  const { platform, program } = options;
  if (stage.image !== undefined) {
    const { span, value: reference } = stage.image;
    const { config, digest } = await options.resolveImage(reference, platform);
    const meta = metaOf(stage, 0, `image ${reference}`, { span }, options);
    const vertex = vertexOf({ kind: "image", reference, digest, platform }, [], meta);
    return { vertex, config: config.config ?? {} };
  }
  if (plan === undefined) throw new Error("internal error: a stage is of packages or of an image");
  const packages = options.packages(plan.phase).map(({ digest, name }) => ({ name, digest }));
  const names = stage.packages.map(({ value }) => value).join(" ");
  const operation = { kind: "packages", plan: stageJson(plan), packages, platform, program } as const;
  return {
    vertex: vertexOf(operation, [], metaOf(stage, 0, `packages ${names}`, stage, options)),
    config: {},
  };
}

/** One context for all stages, with what any of them copies of it. */
function contextOf(stages: readonly StageSpec[], { ignorePatterns }: StageOptions): Vertex {
  const sources = stages.flatMap(({ steps }) =>
    steps.flatMap(({ copy }) => (copy?.from === "context" ? [copy.source] : [])),
  );
  const follow = sources.includes(".") ? [] : [...new Set(sources)].sort();
  return vertexOf({ kind: "local", name: "context", exclude: ignorePatterns, follow }, [], {
    name: "reading the context",
  });
}

function copyVertex(base: Vertex, from: Vertex, copy: CopySpec, meta: VertexMeta): Vertex {
  const action: CopyAction = {
    kind: "copy",
    input: 1,
    source: copy.from === "context" ? `/${copy.source === "." ? "" : copy.source}` : copy.source,
    target: copy.target,
    ...(copy.owner === undefined ? { owner: { user: 0, group: 0 } } : { owner: ownerOf(copy.owner) }),
    ...(copy.mode === undefined ? {} : { mode: `0${copy.mode.toString(8)}` }),
    allowWildcard: false,
    allowEmptyWildcard: false,
    contentsOnly: true,
    followLinks: true,
    unpack: false,
    parents: false,
    exclude: [],
  };
  return vertexOf({ kind: "file", actions: [action] }, [base, from], meta);
}

/** "app", "app:www", "70:70". */
function ownerOf(text: string): Owner {
  const [user = "", group] = text.split(":", 2);
  const idOf = (name: string): string | number => (/^\d+$/.test(name) ? Number(name) : name);
  return { user: idOf(user), ...(group === undefined || group === "" ? {} : { group: idOf(group) }) };
}

const shellDefault: readonly string[] = ["/bin/sh", "-c"];

function runVertex(
  { config, vertex }: Base,
  run: RunStepSpec,
  meta: VertexMeta,
  options: StageOptions,
): Vertex {
  const shell = config.Shell === undefined || config.Shell.length === 0 ? shellDefault : config.Shell;
  const workingDir = run.workingDir ?? config.WorkingDir ?? "";
  const operation: ExecOperation = {
    kind: "exec",
    argv: run.shell ? [...shell, ...run.argv] : run.argv,
    env: environmentOf(config, run.env),
    workingDir: workingDir === "" ? "/" : workingDir,
    user: run.user ?? config.User ?? "",
    mounts: [
      ...run.cache.map((target) => cacheMount(target, run.user ?? config.User)),
      ...run.secrets.map(secretMount),
    ],
    network: run.network,
    extraHosts: [],
    ulimits: [],
    platform: options.platform,
  };
  return vertexOf(operation, [vertex], meta);
}

function environmentOf({ Env }: RunConfig, own: Readonly<Record<string, string>>): readonly string[] {
  const values = new Map([["PATH", defaultPath]]);
  for (const one of Env ?? []) {
    const cut = one.indexOf("=");
    if (cut > 0) values.set(one.slice(0, cut), one.slice(cut + 1));
  }
  for (const [name, value] of Object.entries(own)) values.set(name, value);
  return [...values].map(([name, value]) => `${name}=${value}`);
}

/** As a Dockerfile's: caches of one path are one cache. Whoever runs the step owns a new one, as far as the number is known. */
function cacheMount(target: string, user: string | undefined): ExecMount {
  const [uid = 0, gid = uid] = (user ?? "").split(":").map((id) => (/^\d+$/.test(id) ? Number(id) : 0));
  return { kind: "cache", id: target, target, sharing: "shared", readOnly: false, mode: 0o755, uid, gid };
}

function secretMount({ id, target, variable }: RunStepSpec["secrets"][number]): ExecMount {
  return {
    kind: "secret",
    id,
    ...(target === undefined ? {} : { target }),
    ...(variable === undefined ? {} : { variable }),
    required: true,
    mode: 0o400,
    uid: 0,
    gid: 0,
  };
}

function metaOf(
  { name: stage, steps }: StageSpec,
  index: number,
  what: string,
  { span }: Pick<Diagnostic, "span">,
  { ignoreCache }: StageOptions,
): VertexMeta {
  return {
    name: `[${stage} ${index + 1}/${steps.length + 1}] ${what}`,
    stage,
    ...(span === undefined ? {} : { span }),
    ...(ignoreCache === "all" || ignoreCache.has(stage) ? { ignoreCache: true } : {}),
  };
}

/** In one line: progress shows it. */
function stepName({ copy, run }: StepSpec): string {
  if (copy !== undefined) {
    const from = copy.from === "context" ? "" : `${copy.from}:`;
    return `copy ${from}${copy.source} ${copy.target}`;
  }
  return `run ${(run?.argv ?? [])
    .join(" ")
    .trim()
    .replace(/\s*\n\s*/g, "; ")}`;
}
