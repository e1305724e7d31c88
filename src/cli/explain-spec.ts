// `distill explain DIR [PATH]`: why a file of a spec's image is there; what was left out; what maintainer scripts would have done.
import { ToolError } from "../base/errors.ts";
import { nearestName } from "../base/nearest.ts";
import { explainPath, leftOutByPackage } from "../closure/explain.ts";
import type { LockedPackage } from "../debian/locked.ts";
import {
  type ComposedPhase,
  composePhase,
  type PhaseInput,
  type Services,
} from "../engines/native/packages/compose-phase.ts";
import { readCopies } from "../engines/native/packages/context-files.ts";
import { shippedOf } from "../engines/native/packages/shipped.ts";
import { copyFromStages, type StageTrees } from "../engines/native/packages/stage-files.ts";
import { pulledText } from "../engines/native/packages/stage-libraries.ts";
import type { ImagePlan } from "../graph/plan.ts";
import { renderExplanation, renderLeftOut, renderMade } from "../report/explain.ts";
import { renderScripts } from "../report/scripts.ts";
import { printable } from "../report/text.ts";
import { type TreePath, treePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import type { StepSettings } from "./build/step-settings.ts";
import type { Context } from "./context.ts";
import { choosePlatforms, hasStages, type Project, readProject } from "./project.ts";
import { dateOf, packagesFor, type Session, withSession } from "./session.ts";
import { programIdentity } from "./version.ts";

export interface ExplainSpec {
  readonly folder: string | undefined;
  readonly path: string | undefined;
  readonly file: string | undefined;
  readonly platform: string | undefined;
  readonly frozen: boolean;
  readonly scripts: boolean;
  readonly verbose: boolean;
  /** Of stages; asked for where the spec has some. */
  readonly steps: (project: Project) => Promise<StepSettings>;
  readonly insecureHosts: readonly string[];
}

/** @throws as reading, locking and composing do; ToolError "not-found" for a path that is nowhere */
export async function explainSpec(context: Context, options: ExplainSpec): Promise<void> {
  const project = await readProject(context, options.folder, options.file);
  const [platform = ""] = choosePlatforms(project, options.platform === undefined ? [] : [options.platform]);
  const [plan] = project.plans;
  if (plan === undefined) throw new Error("internal error: a project has a run phase");
  await withSession(context, project, async (session) => {
    const lock = await session.currentLock(options.frozen);
    const packages = packagesFor(lock, platform, plan.phase);
    const services = {
      cache: session.cache,
      task: context,
      unpacker: session.unpacker,
      program: programIdentity(),
    };
    const request = { packages, plan, platform, mtime: dateOf(lock, context) };
    if (!hasStages(project)) {
      await show(context, await composed(context, project, session, services, request), options);
      return;
    }
    const { withStages } = await import("./build/spec-stages.ts");
    const steps = await options.steps(project);
    const { insecureHosts } = options;
    await withStages(
      context,
      session,
      { project, lock, steps, insecureHosts, compression: "gzip", services },
      async (stagesFor) => {
        const { trees } = await (await stagesFor(platform)).solve();
        await show(
          context,
          await composed(context, project, session, services, { ...request, stages: trees }),
          options,
        );
      },
    );
  });
}

interface Request {
  readonly plan: ImagePlan;
  readonly packages: readonly LockedPackage[];
  readonly platform: string;
  readonly mtime: number;
  readonly stages?: StageTrees;
}

async function composed(
  { signal }: Context,
  { folder }: Project,
  session: Session,
  services: Services,
  { mtime, packages, plan, platform, stages }: Request,
): Promise<Composed> {
  const debs = await session.fetch(packages);
  const architecture = platform.slice(platform.indexOf("/") + 1);
  const copies = new Map(await readCopies(plan.additions, { context: folder, mtime, signal }));
  if (stages !== undefined) {
    const taken = copyFromStages(plan.additions, { stages, cache: services.cache, mtime });
    for (const [addition, entries] of taken) copies.set(addition, entries);
  }
  const staged = stages === undefined ? {} : { stages };
  const input = { plan, packages, debs, architecture, copies, mtime, ...staged };
  return { input, phase: await composePhase(input, services) };
}

async function show(context: Context, composed: Composed, options: ExplainSpec): Promise<void> {
  const { phase } = composed;
  if (options.scripts) context.stdout.write(renderScripts(phase.verdicts, { verbose: options.verbose }));
  else if (options.path !== undefined) context.stdout.write(await explain(composed, options.path));
  else context.stdout.write(renderLeftOut(leftOutByPackage(phase.closure)));
}

interface Composed {
  readonly input: PhaseInput;
  readonly phase: ComposedPhase;
}

/** The chain behind a path; of the file that it leads to, where it is a link or lies behind one. @throws ToolError "not-found" */
async function explain({ input, phase }: Composed, name: string): Promise<string> {
  const { closure, tree } = phase;
  const path = treePath(name);
  const direct = path === undefined ? undefined : explainPath(closure, path);
  if (direct !== undefined) return renderExplanation(direct) + fromStage(phase, direct.path);
  const real = path === undefined ? undefined : resolve(tree, path)?.path;
  const behind = real === undefined ? undefined : explainPath(closure, real);
  if (behind !== undefined) return renderExplanation(behind) + fromStage(phase, behind.path);
  const { tree: shipped } = await shippedOf(phase, input);
  const made = path === undefined ? undefined : resolve(shipped, path)?.entry;
  if (made !== undefined) return renderMade(made);
  const nearest = nearestName(name, allPaths(shipped, tree));
  throw new ToolError("not-found", {
    what: `explaining ${name}`,
    why: "neither the image nor what was composed for it has such a path",
    ...(nearest === undefined ? {} : { hint: `did you mean ${nearest}?` }),
  });
}

/** Where a library is from that no package has; nothing for other files. */
function fromStage({ pulled }: ComposedPhase, path: TreePath): string {
  const library = pulled.find((one) => one.path === path);
  return library === undefined ? "" : printable(`${pulledText(library)}\n`);
}

function* allPaths(...trees: readonly Tree[]): Generator<TreePath> {
  for (const tree of trees) for (const { path } of tree.walk()) yield path;
}
