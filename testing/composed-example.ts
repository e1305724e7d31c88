// The closure behind a project's image, as the build finds it: the same steps as `distill explain`, in this process.
import { setMaxListeners } from "node:events";
import type { Context, Output } from "../src/cli/context.ts";
import { readProject } from "../src/cli/project.ts";
import { dateOf, packagesFor, withSession } from "../src/cli/session.ts";
import { type ComposedPhase, composePhase } from "../src/engines/native/packages/compose-phase.ts";
import { readCopies } from "../src/engines/native/packages/context-files.ts";

/** Composes the run phase of a locked project for amd64. */
export async function composedExample(project: string, cacheFolder: string): Promise<ComposedPhase> {
  const context = contextWith(cacheFolder);
  const read = await readProject(context, project, undefined);
  return withSession(context, read, async (session) => {
    const lock = await session.currentLock(true);
    const plan = read.plans.find(({ phase }) => phase === "run");
    if (plan === undefined) throw new Error("a project has a run phase");
    const packages = packagesFor(lock, "linux/amd64", "run");
    const debs = await session.fetch(packages);
    const mtime = dateOf(lock, context);
    const copies = await readCopies(plan.additions, { context: project, mtime, signal: context.signal });
    const phase = { plan, packages, debs, architecture: "amd64", copies, mtime };
    return composePhase(phase, {
      cache: session.cache,
      task: context,
      unpacker: session.unpacker,
      program: "test",
    });
  });
}

function contextWith(cacheFolder: string): Context {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const silent: Output = { write: () => undefined, isTerminal: false, colour: false, columns: 80 };
  return {
    env: process.env,
    cwd: "/",
    now: Date.now,
    signal,
    emit: () => undefined,
    stdout: silent,
    stderr: silent,
    cacheFolder,
    hideSecret: () => undefined,
  };
}
