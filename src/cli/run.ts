// The command line: from arguments to a command and its exit code. Everything outside comes in through `World`.
import { type Diagnostic, InvalidInput } from "../base/diagnostics.ts";
import { nearestName } from "../base/nearest.ts";
import { exitCodeOf, renderFailure, renderInterrupted } from "../report/errors.ts";
import type { Progress } from "../report/progress/progress.ts";
import { createRedactor, type Redactor } from "../report/redact.ts";
import { cacheFolder } from "./cache-folder.ts";
import type { Command } from "./command.ts";
import { commonOptions } from "./common-options.ts";
import type { Context, Environment } from "./context.ts";
import { type Arguments, parseArguments } from "./options.ts";
import { chooseProgress } from "./progress.ts";
import { renderOptions } from "./quoting.ts";
import type { Registry } from "./registry.ts";
import { outputFor, type RawStream } from "./streams.ts";

export interface World {
  readonly env: Environment;
  readonly cwd: string;
  readonly now: () => number;
  readonly stdout: RawStream;
  readonly stderr: RawStream;
  readonly signal: AbortSignal;
  /** Rejects where something was thrown that no command waited for: a bug, which ends the command. */
  readonly crashed?: Promise<never>;
}

/** Runs one command line. Never throws: what goes wrong is printed, and the exit code tells of it. */
export async function runCli(argv: readonly string[], world: World, registry: Registry): Promise<number> {
  const redactor = createRedactor();
  const session: Session = { world, registry, redactor, progress: undefined };
  try {
    const running = dispatch(argv, session);
    return await (world.crashed === undefined ? running : Promise.race([running, world.crashed]));
  } catch (thrown) {
    session.progress?.finish();
    const interrupted = world.signal.aborted;
    const stderr = outputFor(world.stderr, world.env, redactor, () => undefined);
    const options = renderOptions(stderr, world.cwd);
    stderr.write(interrupted ? renderInterrupted(options) : renderFailure(thrown, options));
    return exitCodeOf(thrown, interrupted);
  } finally {
    session.progress?.finish();
  }
}

interface Session {
  readonly world: World;
  readonly registry: Registry;
  readonly redactor: Redactor;
  progress: Progress | undefined;
}

async function dispatch(argv: readonly string[], session: Session): Promise<number> {
  const [first, ...rest] = argv;
  const { world, registry, redactor } = session;
  const stdout = outputFor(world.stdout, world.env, redactor, () => undefined);
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    const name = first === "help" ? rest[0] : undefined;
    const { commandHelp, overview } = await import("./help.ts");
    stdout.write(
      name === undefined ? await overview(registry) : commandHelp(await loadCommand(name, registry)),
    );
    // Without a command nothing was done: that is a wrong usage, though the help is the best answer.
    return first === undefined ? 2 : 0;
  }
  if (first === "--version" || first === "-V") {
    const { version } = await import("./version.ts");
    stdout.write(`distill ${version}\n`);
    return 0;
  }
  const command = await loadCommand(first, registry);
  if (asksForHelp(rest)) {
    const { commandHelp } = await import("./help.ts");
    stdout.write(commandHelp(command));
    return 0;
  }
  const table = { ...command.options, ...commonOptions };
  const args = parseArguments(rest, table, command.usage);
  const context = contextFor(args, session);
  return await command.run(context, args);
}

/** Before anything else is checked: whoever asks for help may not know what is missing. "-qh" counts as well. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  const flags = new RegExp(`^-[${commonOptions.quiet.short}]*${commonOptions.help.short}$`);
  return words.slice(0, end === -1 ? undefined : end).some((word) => word === "--help" || flags.test(word));
}

async function loadCommand(name: string, registry: Registry): Promise<Command> {
  const load = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (load !== undefined) return await load();
  const names = Object.keys(registry);
  const nearest = nearestName(name, names);
  const problem: Diagnostic = name.startsWith("-")
    ? { severity: "error", rule: "unknown-option", message: `there is no option ${name} before a command` }
    : { severity: "error", rule: "unknown-command", message: `there is no command ${name}` };
  const hint =
    nearest === undefined ? "distill --help lists the commands" : `did you mean distill ${nearest}?`;
  throw new InvalidInput([{ ...problem, hint }]);
}

function contextFor(args: Arguments<typeof commonOptions>, session: Session): Context {
  const { world, redactor } = session;
  const progress = chooseProgress(args.options.progress, args.options.quiet, world, redactor);
  session.progress = progress;
  return {
    env: world.env,
    cwd: world.cwd,
    now: world.now,
    signal: world.signal,
    emit: progress.emit,
    stdout: outputFor(world.stdout, world.env, redactor, progress.suspend),
    stderr: outputFor(world.stderr, world.env, redactor, progress.suspend),
    cacheFolder: cacheFolder(args.options["cache-dir"], world.env, world.cwd),
    hideSecret: redactor.hide,
  };
}
