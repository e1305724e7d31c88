// `distill explain DIR [PATH]`: why a file of a spec's image is there; what was left out; what maintainer scripts would have done.
import { ToolError } from "../base/errors.ts";
import { nearestName } from "../base/nearest.ts";
import { explainPath, leftOutByPackage } from "../closure/explain.ts";
import {
  type ComposedPhase,
  composePhase,
  type PhaseInput,
} from "../engines/native/packages/compose-phase.ts";
import { readCopies } from "../engines/native/packages/context-files.ts";
import { shippedOf } from "../engines/native/packages/shipped.ts";
import { renderExplanation, renderLeftOut, renderMade } from "../report/explain.ts";
import { renderScripts } from "../report/scripts.ts";
import { type TreePath, treePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import type { Context } from "./context.ts";
import { choosePlatforms, readProject } from "./project.ts";
import { dateOf, packagesFor, withSession } from "./session.ts";
import { programIdentity } from "./version.ts";

export interface ExplainSpec {
  readonly folder: string | undefined;
  readonly path: string | undefined;
  readonly file: string | undefined;
  readonly platform: string | undefined;
  readonly frozen: boolean;
  readonly scripts: boolean;
  readonly verbose: boolean;
}

/** @throws as reading, locking and composing do; ToolError "not-found" for a path that is nowhere */
export async function explainSpec(context: Context, options: ExplainSpec): Promise<void> {
  const project = await readProject(context, options.folder, options.file);
  const [platform = ""] = choosePlatforms(project, options.platform === undefined ? [] : [options.platform]);
  const [plan] = project.plans;
  if (plan === undefined) throw new Error("internal error: a project has a run phase");
  const composed = await withSession(context, project, async (session) => {
    const lock = await session.currentLock(options.frozen);
    const packages = packagesFor(lock, platform, plan.phase);
    const debs = await session.fetch(packages);
    const architecture = platform.slice(platform.indexOf("/") + 1);
    const mtime = dateOf(lock, context);
    const { signal } = context;
    const copies = await readCopies(plan.additions, { context: project.folder, mtime, signal });
    const input = { plan, packages, debs, architecture, copies, mtime };
    const services = {
      cache: session.cache,
      task: context,
      unpacker: session.unpacker,
      program: programIdentity(),
    };
    return { input, phase: await composePhase(input, services) };
  });
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
  if (direct !== undefined) return renderExplanation(direct);
  const real = path === undefined ? undefined : resolve(tree, path)?.path;
  const behind = real === undefined ? undefined : explainPath(closure, real);
  if (behind !== undefined) return renderExplanation(behind);
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

function* allPaths(...trees: readonly Tree[]): Generator<TreePath> {
  for (const tree of trees) for (const { path } of tree.walk()) yield path;
}
