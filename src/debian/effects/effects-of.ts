// What a package's scripts would do to a fresh image: `preinst install`, then `postinst configure`, as dpkg calls them where
// nothing was installed before (Policy 6.5), and what its triggers ask for.
import { messageOf } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { field, parseStanzas } from "../../formats/deb822.ts";
import { dialectOf, parseShell } from "../../formats/shell/parse.ts";
import type { TreePath } from "../../tree/path.ts";
import type { PackageControl, ScriptName } from "../package.ts";
import { baseAccounts } from "./base-accounts.ts";
import type { Accounts, Effect, EffectsContext, ScriptVerdict, UnknownEffect, Verdict } from "./effect.ts";
import { hintFor } from "./emit.ts";
import { runCommand, runList } from "./execute.ts";
import { settle } from "./paths.ts";
import { recipeFor } from "./recipes.ts";
import { TooManySteps } from "./simple-command.ts";
import type { GuardedEffect, Running, State, World } from "./state.ts";
import { ownTriggers, triggerEffects } from "./triggers.ts";
import { known } from "./value.ts";
import { initialVariables } from "./variables.ts";

/** The verdict on one package, where `accounts` are there already (default: base-passwd's). */
export function effectsOf(
  control: PackageControl,
  context: EffectsContext,
  accounts: Accounts = baseAccounts,
): ScriptVerdict {
  const recipe = recipeFor(control, context);
  if (recipe !== undefined) return recipe;
  const name = control.id.replace(/:.*$/, "");
  const world = worldOf(control, context, name);
  const scripts = scriptsOf(control);
  const findings = analyse(control, world, scripts, accounts);
  const effects = [...findings.effects, ...triggerEffects(control)];
  const ignored = context.ignored.get(name);
  const unknown = ignored === undefined ? findings.unknown : [];
  return {
    package: control.id,
    verdict: verdictOf(scripts.length, effects.length, findings.unknown.length, ignored),
    effects,
    unknown,
    inert: findings.inert,
    reads: [...world.reads],
  };
}

/** Verdicts on packages in the order in which they are configured: each finds the accounts that those before it made. */
export function effectsOfAll(controls: readonly PackageControl[], context: EffectsContext): ScriptVerdict[] {
  let accounts = baseAccounts;
  return controls.map((control) => {
    const verdict = effectsOf(control, context, accounts);
    accounts = withEffects(accounts, verdict.effects);
    return verdict;
  });
}

function withEffects(before: Accounts, effects: readonly Effect[]): Accounts {
  const users = new Map(before.users);
  const groups = new Set(before.groups);
  for (const { action } of effects) {
    if (action.kind === "group") groups.add(action.name);
    else if (action.kind === "user" && !users.has(action.name)) {
      const primary =
        action.group ?? (action.defaultGroup === "same-name" ? action.name : action.defaultGroup);
      groups.add(primary);
      users.set(action.name, { groups: [primary], home: action.home });
    } else if (action.kind === "membership") {
      const user = users.get(action.user);
      if (user !== undefined) users.set(action.user, { ...user, groups: [...user.groups, action.group] });
    }
  }
  return { users, groups };
}

function verdictOf(scripts: number, effects: number, unknown: number, ignored: string | undefined): Verdict {
  if (unknown > 0) return ignored === undefined ? "unknown" : "declared";
  if (effects > 0) return "modelled";
  return scripts === 0 ? "none" : "inert";
}

interface ScriptRun {
  readonly name: ScriptName;
  readonly positional: readonly string[];
  readonly text: string;
}

/** The scripts in the order of a first installation; the config script only gives answers to questions. */
function scriptsOf(control: PackageControl): ScriptRun[] {
  const runs: ScriptRun[] = [];
  const add = (name: ScriptName, ...positional: string[]): void => {
    const text = control.scripts[name];
    if (text !== undefined) runs.push({ name, positional, text });
  };
  add("preinst", "install");
  if (control.scripts.postinst !== undefined) add("config", "configure", "");
  add("postinst", "configure", "");
  const triggers = ownTriggers(control);
  if (triggers.length > 0) add("postinst", "triggered", triggers.join(" "));
  return runs;
}

function worldOf(control: PackageControl, context: EffectsContext, packageName: string): World {
  return {
    context,
    package: control.id,
    packageName,
    templates: templatesOf(control),
    reads: new Set<TreePath>(),
    runList,
    runCommand,
    counters: { forks: 0, temporary: 0, steps: 0 },
  };
}

function templatesOf(control: PackageControl): World["templates"] {
  const templates = new Map<string, ReadonlyMap<string, string>>();
  for (const stanza of parseStanzas(control.templates ?? "", `the templates of ${control.id}`)) {
    const name = field(stanza, "Template");
    if (name === undefined) continue;
    templates.set(name, new Map([...stanza].map(([key, value]) => [key.toLowerCase(), value])));
  }
  return templates;
}

interface Findings {
  readonly effects: readonly Effect[];
  readonly unknown: readonly UnknownEffect[];
  readonly inert: ScriptVerdict["inert"];
}

function analyse(
  control: PackageControl,
  world: World,
  scripts: readonly ScriptRun[],
  accounts: Accounts,
): Findings {
  const found: { effects: Effect[]; unknown: UnknownEffect[]; inert: ScriptVerdict["inert"][number][] } = {
    effects: [],
    unknown: [],
    inert: [],
  };
  let answers: State["answers"] = new Map();
  for (const script of scripts) {
    const running = parse(control, script);
    if ("why" in running) {
      found.unknown.push(running);
      continue;
    }
    const lines = run(world, running, script, accounts, answers);
    if ("why" in lines) {
      found.unknown.push(lines);
      continue;
    }
    answers = new Map(lines[0]?.answers);
    if (script.name === "config") continue;
    for (const line of lines) take(found, line, world.packageName);
  }
  return found;
}

function whole(control: PackageControl, script: ScriptRun, why: string): UnknownEffect {
  const file = `${script.name} of ${control.id}`;
  const name = control.id.replace(/:.*$/, "");
  return {
    source: { package: control.id, script: script.name, file, line: 1 },
    text: script.text.split("\n", 1)[0] ?? "",
    why,
    hint: hintFor(name),
  };
}

function parse(control: PackageControl, script: ScriptRun): Running | UnknownEffect {
  const file = `${script.name} of ${control.id}`;
  if (dialectOf(script.text) === undefined) return whole(control, script, "it is not a shell script");
  const parsed = parseShell(script.text, { file });
  if (parsed.value === undefined) {
    return whole(control, script, parsed.diagnostics[0]?.message ?? "it can't be parsed");
  }
  return { script: parsed.value, file, of: script.name };
}

/** All lines of a script up to their ends. */
function run(
  world: World,
  running: Running,
  script: ScriptRun,
  accounts: Accounts,
  answers: State["answers"],
): State[] | UnknownEffect {
  const state = initialState(world, running, script, accounts, answers);
  try {
    return settle(runList(state, running.script.commands).flatMap(runTrap), false);
  } catch (thrown) {
    const why =
      thrown instanceof TooManySteps
        ? `it takes more than ${limits.shellStepsMax} steps (shellStepsMax)`
        : thrown instanceof RangeError
          ? "it is nested too deeply"
          : undefined;
    if (why === undefined) throw thrown;
    const source = { package: world.package, script: script.name, file: running.file, line: 1 };
    return { source, text: messageOf(thrown), why, hint: hintFor(world.packageName) };
  }
}

function initialState(
  world: World,
  running: Running,
  script: ScriptRun,
  accounts: Accounts,
  answers: State["answers"],
): State {
  return {
    world,
    running,
    variables: initialVariables(world.packageName, world.context.architecture, script.name),
    functions: new Map(),
    files: new Map(),
    users: new Map(accounts.users),
    groups: new Set(accounts.groups),
    diversions: new Map(),
    overrides: new Set(),
    answers,
    effects: [],
    unknown: [],
    inert: [],
    positional: script.positional.map(known),
    guards: [],
    flow: undefined,
    status: 0,
    statusWhy: "",
    errexit: /^#!.*\s-[a-z]*e/.test(script.text.split("\n", 1)[0] ?? ""),
    conditionDepth: 0,
    subshellDepth: 0,
    locals: [],
    directory: known("/"),
    umask: 0o022,
    stdin: undefined,
    output: undefined,
    exitTrap: undefined,
    account: "root",
  };
}

function runTrap(line: State): State[] {
  const trap = line.exitTrap;
  if (trap?.known !== true) return [line];
  const parsed = parseShell(trap.text, { file: line.running.file, dialect: "posix" });
  const { flow } = line;
  line.flow = undefined;
  line.errexit = false;
  const lines = parsed.value === undefined ? [line] : runList(line, parsed.value.commands);
  for (const one of lines) one.flow = flow;
  return lines;
}

function take(
  found: { effects: Effect[]; unknown: UnknownEffect[]; inert: ScriptVerdict["inert"][number][] },
  line: State,
  packageName: string,
): void {
  const hint = hintFor(packageName);
  const { flow } = line;
  if (flow?.kind === "exit" && flow.status !== 0 && flow.status !== undefined) {
    const source = { package: line.world.package, script: line.running.of, file: line.running.file, line: 1 };
    found.unknown.push({ source, text: line.running.file, why: "the script would fail", hint });
  }
  for (const effect of line.effects) {
    const unknown = undecidedEffect(effect, hint);
    if (unknown === undefined) {
      const when = effect.guards.flatMap(({ condition }) => (condition === undefined ? [] : [condition]));
      found.effects.push({ action: effect.action, when, source: effect.source });
    } else if (
      !found.unknown.some((one) => one.text === unknown.text && one.source.line === unknown.source.line)
    ) {
      found.unknown.push(unknown);
    }
  }
  for (const unknown of line.unknown)
    if (!found.unknown.includes(unknown)) found.unknown.push({ ...unknown, hint });
  for (const inert of line.inert) if (!found.inert.includes(inert)) found.inert.push(inert);
}

function undecidedEffect(effect: GuardedEffect, hint: string): UnknownEffect | undefined {
  const undecided = effect.guards.find((guard) => guard.condition === undefined);
  if (undecided === undefined) return undefined;
  return {
    source: effect.source,
    text: effect.text,
    why: `whether it happens depends on this: ${undecided.why}`,
    hint,
  };
}
