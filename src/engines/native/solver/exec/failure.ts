// What a user is told when a step fails, and the shell that `--on-error=shell` gives in what the step had.
import { mkdir } from "node:fs/promises";
import { type ErrorCode, messageOf, ToolError } from "../../../../base/errors.ts";
import { diskError } from "../../../../base/files.ts";
import { treePath } from "../../../../tree/path.ts";
import { resolve } from "../../../../tree/resolve.ts";
import type { StepRequest, StepResult } from "../../runner/step.ts";
import type { Step } from "./run-step.ts";

export interface FailedStep {
  readonly step: Step;
  readonly request: StepRequest;
  readonly ended: StepResult;
  /** The last lines that it printed. */
  readonly tail: readonly string[];
}

const code: ErrorCode = "step-failed";

/** The error to throw, after the shell was left, where one was wanted. */
export async function stepFailure(failed: FailedStep): Promise<ToolError> {
  const { ended, step, tail } = failed;
  const { name, span } = step.vertex.meta;
  const place = span === undefined ? "" : ` (${span.file}:${span.line}:${span.column})`;
  const lines =
    tail.length === 0 ? ["it printed nothing"] : ["it printed last:", ...tail.map((line) => `  ${line}`)];
  const hint = await hintOf(failed);
  return new ToolError(code, {
    what: `${name}${place}`,
    why: [endOf(ended), ...lines].join("\n"),
    ...(hint === undefined ? {} : { hint }),
  });
}

function endOf({ exitCode, signal, timedOut }: StepResult): string {
  if (timedOut) return "the command took too long";
  if (exitCode === undefined) return `the command was ended by ${signal ?? "a signal"}`;
  const told: Readonly<Record<number, string>> = {
    126: " (it can't be executed)",
    127: " (there is no such command)",
    137: " (killed; was there too little memory?)",
  };
  return `the command ended with exit code ${exitCode}${told[exitCode] ?? ""}`;
}

/** What helps to find the cause, after the shell was left, where one was wanted. */
async function hintOf(failed: FailedStep): Promise<string | undefined> {
  const { step } = failed;
  const isWanted = step.services.settings.onError === "shell";
  if (!(await hasShell(step))) {
    return isWanted ? "there is no shell to look at it from inside: the stage has no /bin/sh" : undefined;
  }
  if (!isWanted) return "look at it from inside: run the build again with --on-error=shell";
  try {
    await openShell(failed);
    return undefined;
  } catch (thrown) {
    // The step's own failure is what is to be told.
    return `the shell could not be opened: ${messageOf(thrown)}`;
  }
}

async function hasShell(step: Step): Promise<boolean> {
  const shell = treePath("/bin/sh");
  const tree = await step.inputs[0]?.tree();
  return shell !== undefined && tree !== undefined && resolve(tree, shell) !== undefined;
}

/** Gives a person the stage's own shell, with everything that the step had, until it is left. */
async function openShell({ request, step }: FailedStep): Promise<void> {
  const { services, signal } = step;
  const { emit } = services.task;
  const root = await withFreshWork(request.root);
  emit({ type: "log", level: "info", message: "a shell in the failed step; leave it with `exit`" });
  emit({ type: "terminal", isTaken: true });
  try {
    await services.runner.run({ ...request, root, argv: ["/bin/sh"], stdin: "inherit" }, signal);
  } finally {
    emit({ type: "terminal", isTaken: false });
  }
}

/** An overlay that isn't synced can't be mounted with the same work folder again (kernel, filesystems/overlayfs, "volatile"). */
async function withFreshWork(root: StepRequest["root"]): Promise<StepRequest["root"]> {
  if (root.kind !== "overlay" || root.work === undefined) return root;
  const work = `${root.work}-shell`;
  try {
    await mkdir(work);
  } catch (thrown) {
    throw diskError("making a folder for a shell", thrown);
  }
  return { ...root, work };
}
