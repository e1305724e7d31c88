// What is printed where a command ends early, and with which code it ends (docs/reference/errors.md).
import { InvalidInput } from "../base/diagnostics.ts";
import { errorCodes, messageOf, ToolError } from "../base/errors.ts";
import { type RenderOptions, renderDiagnostics, renderHint } from "./diagnostics.ts";
import { type Style, styleFor } from "./style.ts";
import { printable, wrap } from "./text.ts";

const internalErrorCode = 70;
const invalidInputCode = 2;
const columnsDefault = 80;
const causesShownMax = 5;

/** The exit code for whatever a command threw. `interrupted`: the user asked to stop before it was thrown. */
export function exitCodeOf(thrown: unknown, interrupted: boolean): number {
  if (interrupted) return errorCodes.interrupted;
  if (thrown instanceof InvalidInput) return invalidInputCode;
  return thrown instanceof ToolError ? errorCodes[thrown.code] : internalErrorCode;
}

/** The message for whatever a command threw. Ends with a line feed. */
export function renderFailure(thrown: unknown, options: RenderOptions): string {
  const style = styleFor(options.colour);
  const columns = options.columns ?? columnsDefault;
  if (thrown instanceof InvalidInput) return renderDiagnostics(thrown.diagnostics, options);
  if (thrown instanceof ToolError) return renderToolError(thrown, style, columns);
  return renderInternal(thrown, style);
}

/** The message after Ctrl-C. */
export function renderInterrupted(options: RenderOptions): string {
  return `${styleFor(options.colour)("red", "error:")} interrupted; nothing was left half-written\n`;
}

function renderToolError(error: ToolError, style: Style, columns: number): string {
  const head = `${style("red", `error[${error.code}]:`)} ${printable(error.what)}\n`;
  const why = wrap(printable(error.why), Math.max(columns - 2, 20)).map((line) => `  ${line}\n`);
  const causes = causesOf(error).map((cause) => `  ${style("dim", "because:")} ${printable(cause)}\n`);
  return head + why.join("") + causes.join("") + renderHint(error.hint, style, columns);
}

/** The messages of the causes that say something new. */
function causesOf(error: Error): string[] {
  const causes: string[] = [];
  let said = error.message;
  let { cause } = error;
  while (cause instanceof Error && causes.length < causesShownMax) {
    if (!said.includes(cause.message)) causes.push(cause.message);
    said += cause.message;
    ({ cause } = cause);
  }
  return causes;
}

function renderInternal(thrown: unknown, style: Style): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown);
  return [
    `${style("red", "internal error:")} ${printable(messageOf(thrown))}`,
    ...printable(stack)
      .split("\n")
      .map((line) => `  ${style("dim", line)}`),
    "This is a bug in distill. Please report it with the lines above, the command line, and the",
    "output of `distill --version`, in the issue tracker of the project you got distill from.",
    "",
  ].join("\n");
}
