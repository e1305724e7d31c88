// `distill explain`: why a file of a spec's image is there; what was left out; what maintainer scripts would have done.
import { ToolError } from "../../base/errors.ts";
import { nearestName } from "../../base/nearest.ts";
import { explainPath, leftOutByPackage } from "../../closure/explain.ts";
import { type ComposedPhase, composePhase, type PhaseInput } from "../../engines/native/compose-phase.ts";
import { readCopies } from "../../engines/native/context-files.ts";
import { shippedOf } from "../../engines/native/shipped.ts";
import { renderExplanation, renderLeftOut, renderMade } from "../../report/explain.ts";
import { renderScripts } from "../../report/scripts.ts";
import { type TreePath, treePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import { type Command, defineCommand } from "../command.ts";
import { choosePlatforms, projectOptions, readProject } from "../project.ts";
import { dateOf, packagesFor, withSession } from "../session.ts";
import { programIdentity } from "../version.ts";

export const command: Command = defineCommand({
  name: "explain",
  summary: "tell why a file is in the image, and what was left out of it",
  usage: "[DIR] [PATH]",
  options: {
    ...projectOptions,
    platform: { kind: "text", value: "PLATFORM", summary: "linux/amd64 ... (default: the spec's first)" },
    frozen: { kind: "flag", summary: "fail (exit code 1) if distill.lock is missing or out of date" },
    scripts: { kind: "flag", summary: "tell what the packages' maintainer scripts would have done" },
    verbose: { kind: "flag", short: "v", summary: "with --scripts: also the commands without effect" },
  },
  examples: [
    {
      does: "why a library ships",
      line: "distill explain examples/postgres /usr/lib/x86_64-linux-gnu/libxml2.so.2",
    },
    { does: "what was left out, and why", line: "distill explain examples/postgres" },
    { does: "the maintainer scripts", line: "distill explain examples/postgres --scripts" },
  ],
  async run(context, { options, positionals }) {
    const [folder, name] = positionals;
    const project = await readProject(context, folder, options.file);
    const [platform = ""] = choosePlatforms(
      project,
      options.platform === undefined ? [] : [options.platform],
    );
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
    else if (name !== undefined) context.stdout.write(await explain(composed, name));
    else context.stdout.write(renderLeftOut(leftOutByPackage(phase.closure)));
    return 0;
  },
});

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
