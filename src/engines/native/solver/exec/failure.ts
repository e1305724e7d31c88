// What a user is told when a step fails, and the shell that `--on-error=shell` gives in what the step had.
import { type ErrorCode, ToolError } from "../../../../base/errors.ts";
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
  const noShell = step.services.settings.onError === "shell" ? await shellIn(failed) : undefined;
  const hint =
    noShell ??
    (step.services.settings.onError === "fail"
      ? "look at it from inside: run the build again with --on-error=shell"
      : undefined);
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

/** Gives a person the stage's own shell, with everything that the step had; undefined when it was left, else why there is none. */
async function shellIn({ request, step }: FailedStep): Promise<string | undefined> {
  const { services, signal } = step;
  const shell = treePath("/bin/sh");
  const tree = await step.inputs[0]?.tree();
  if (shell === undefined || tree === undefined || resolve(tree, shell) === undefined) {
    return "there is no shell to look at it from inside: the stage has no /bin/sh";
  }
  const { emit } = services.task;
  emit({ type: "log", level: "info", message: "a shell in the failed step; leave it with `exit`" });
  await services.runner.run({ ...request, argv: ["/bin/sh"], stdin: "inherit" }, signal);
  return undefined;
}
