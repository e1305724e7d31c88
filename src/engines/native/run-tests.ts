// A spec's tests: programs run in the image's root, and what must or must not be there.

import type { Diagnostic, Span } from "../../base/diagnostics.ts";
import { ToolError } from "../../base/errors.ts";
import { groupFile, passwdFile, readSettings } from "../../closure/settings.ts";
import { compileGlob, matching } from "../../tree/glob.ts";
import type { TreePath } from "../../tree/path.ts";
import type { Tree } from "../../tree/tree.ts";
import { type ProgramResult, runInImage } from "./image-program.ts";
import type { Runner } from "./runner/step.ts";

export type OutputExpectation =
  | { readonly contains: string }
  | { readonly equals: string }
  | { readonly matches: string };

export interface ProgramTest {
  readonly kind: "run";
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly exitCode: number;
  readonly stdout?: OutputExpectation;
  readonly stderr?: OutputExpectation;
  readonly timeoutMs: number;
  /** "app", "70", "70:70"; the image's where not given. */
  readonly user?: string;
  readonly span: Span;
}

export interface PresenceTest {
  readonly kind: "absent" | "present";
  readonly globs: readonly string[];
  readonly span: Span;
}

export type ImageTest = ProgramTest | PresenceTest;

/** The finished image as the tests see it. */
export interface TestedImage {
  readonly tree: Tree;
  /** Unpacked on this machine. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly uid: number;
  readonly gid: number;
}

export interface TestOutcome {
  readonly test: ImageTest;
  /** In words: "run /usr/bin/redis-server --version". */
  readonly name: string;
  readonly failures: readonly Diagnostic[];
  readonly durationMs: number;
}

/**
 * Runs one test. `runner` is asked for by what runs a program.
 * @throws ToolError "engine" where the sandbox can't be made, "interrupted"
 */
export async function runTest(
  test: ImageTest,
  image: TestedImage,
  runner: () => Promise<Pick<Runner, "run">>,
  clock: { readonly signal: AbortSignal; readonly now: () => number },
): Promise<TestOutcome> {
  const started = clock.now();
  const failures =
    test.kind === "run"
      ? await runProgram(test, image, await runner(), clock.signal)
      : presenceFailures(test, image.tree);
  return { test, name: nameOf(test), failures, durationMs: clock.now() - started };
}

function nameOf(test: ImageTest): string {
  return test.kind === "run" ? `run ${test.argv.join(" ")}` : `${test.kind} ${test.globs.join(", ")}`;
}

async function runProgram(
  test: ProgramTest,
  image: TestedImage,
  runner: Pick<Runner, "run">,
  signal: AbortSignal,
): Promise<Diagnostic[]> {
  const [program, ...args] = test.argv;
  if (program === undefined)
    throw new ToolError("usage", { what: "running a test", why: "it names no program" });
  const result = await runInImage(
    {
      root: image.root,
      argv: [program, ...args],
      env: { ...image.env, ...test.env },
      workingDir: image.workingDir,
      ...(test.user === undefined ? { uid: image.uid, gid: image.gid } : await idsOf(test.user, image.tree)),
      timeoutMs: test.timeoutMs,
      ...(test.stdin === undefined ? {} : { stdin: test.stdin }),
    },
    runner,
    signal,
  );
  return [...exitFailures(test, result), ...outputFailures(test, result)];
}

/** The ids of a user as an image's config names one (config.md, User). @throws ToolError "usage" for a name that nobody has */
async function idsOf(user: string, tree: Tree): Promise<{ readonly uid: number; readonly gid: number }> {
  const settings = await readSettings(tree);
  const line = (file: TreePath, name: string): readonly string[] | undefined =>
    (settings.get(file) ?? "")
      .split("\n")
      .map((one) => one.split(":"))
      .find((fields) => fields[0] === name || fields[2] === name);
  const [name = "", group] = user.split(":");
  const account = line(passwdFile, name);
  const uid = Number(account?.[2] ?? name);
  const gid = Number(group === undefined ? (account?.[3] ?? 0) : (line(groupFile, group)?.[2] ?? group));
  if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
  throw new ToolError("usage", {
    what: `running a test as ${user}`,
    why: "the image's account files have no such user or group",
    hint: "give numbers (70:70), or a user of the image",
  });
}

function exitFailures(test: ProgramTest, result: ProgramResult): Diagnostic[] {
  if (result.timedOut) {
    return [failure(test, `it did not end within ${test.timeoutMs} ms`, outputOf(result))];
  }
  if (result.signal !== undefined)
    return [failure(test, `it was ended by ${result.signal}`, outputOf(result))];
  if (result.exitCode === test.exitCode) return [];
  return [
    failure(test, `its exit code is ${String(result.exitCode)}, expected ${test.exitCode}`, outputOf(result)),
  ];
}

function outputFailures(test: ProgramTest, result: ProgramResult): Diagnostic[] {
  const failures: Diagnostic[] = [];
  for (const stream of ["stdout", "stderr"] as const) {
    const expected = test[stream];
    const complaint = expected === undefined ? undefined : mismatch(expected, result[stream]);
    if (complaint !== undefined) failures.push(failure(test, `${stream} ${complaint}`, outputOf(result)));
  }
  return failures;
}

function mismatch(expected: OutputExpectation, text: string): string | undefined {
  if ("contains" in expected) {
    return text.includes(expected.contains)
      ? undefined
      : `does not contain ${JSON.stringify(expected.contains)}`;
  }
  if ("equals" in expected)
    return text === expected.equals ? undefined : `is not ${JSON.stringify(expected.equals)}`;
  return new RegExp(expected.matches, "u").test(text) ? undefined : `does not match /${expected.matches}/`;
}

function presenceFailures(test: PresenceTest, tree: Tree): Diagnostic[] {
  return test.globs.flatMap((text) => {
    const [first] = matching(tree, compileGlob(text));
    if (test.kind === "absent" && first !== undefined)
      return [failure(test, `${first.path} is in the image`)];
    if (test.kind === "present" && first === undefined)
      return [failure(test, `nothing in the image matches ${text}`)];
    return [];
  });
}

function failure(test: ImageTest, message: string, hint?: string): Diagnostic {
  return {
    severity: "error",
    rule: "test-failed",
    message: `${nameOf(test)}: ${message}`,
    span: test.span,
    ...(hint === undefined ? {} : { hint }),
  };
}

const shownLines = 20;

/** The end of what a program said, for whoever has to find out why. */
function outputOf(result: ProgramResult): string {
  const said = [result.stdout, result.stderr].map((text) => text.trimEnd()).filter((text) => text !== "");
  const lines = said.join("\n").split("\n");
  const shown = lines.slice(-shownLines).join("\n");
  return shown === "" ? "it printed nothing" : `it printed:\n${shown}`;
}
