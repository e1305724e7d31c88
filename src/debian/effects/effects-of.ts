// What a package's scripts would do to a fresh image: `preinst install`, then `postinst configure`, as dpkg calls them where
// nothing was installed before (Policy 6.5), and what its triggers ask for.
import { messageOf } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { field, parseStanzas } from "../../formats/deb822.ts";
import { dialectOf, parseShell } from "../../formats/shell/parse.ts";
import type { TreePath } from "../../tree/path.ts";
import { nameOf, type PackageControl, type ScriptName } from "../package.ts";
import { baseAccounts } from "./base-accounts.ts";
import { declaredEffects } from "./declared-files.ts";
import type {
  Before,
  Effect,
  EffectAction,
  EffectsContext,
  ScriptVerdict,
  UnknownEffect,
  Verdict,
} from "./effect.ts";
import { hintFor } from "./emit.ts";
import { runCommand, runList } from "./execute.ts";
import { settle } from "./paths.ts";
import { recipeFor } from "./recipes.ts";
import { TooManySteps } from "./simple-command.ts";
import type { GuardedEffect, Running, State, World } from "./state.ts";
import { ownTriggers, triggerEffects } from "./triggers.ts";
import { known, unknown, type Value } from "./value.ts";
import { initialVariables } from "./variables.ts";

/** The verdict on one package, where `before` is there already (default: base-passwd's accounts). */
export function effectsOf(
  control: PackageControl,
  context: EffectsContext,
  before: Before = baseAccounts,
): ScriptVerdict {
  const recipe = recipeFor(control);
  if (recipe !== undefined) return recipe;
  const name = nameOf(control.id);
  const declared = declaredEffects(control, context);
  const world = worldOf(control, context, name, withEffects(before, declared.accounts));
  const scripts = scriptsOf(control);
  const found = analyse(control, world, scripts);
  const effects = [...declared.accounts, ...found.effects, ...declared.files, ...triggerEffects(control)];
  const unknown = [...found.unknown, ...declared.unknown];
  const ignored = context.ignored.get(name);
  return {
    package: control.id,
    verdict: verdictOf(scripts.length, effects.length, unknown.length, ignored),
    effects,
    unknown: ignored === undefined ? unknown : [],
    inert: found.inert,
    reads: [...new Set([...world.reads, ...declared.reads])],
  };
}

/** Verdicts on packages in the order in which they are configured: each finds what those before it made. */
export function effectsOfAll(controls: readonly PackageControl[], context: EffectsContext): ScriptVerdict[] {
  let before = baseAccounts;
  return controls.map((control) => {
    const verdict = effectsOf(control, context, before);
    before = withEffects(before, verdict.effects);
    return verdict;
  });
}

function withEffects(before: Before, effects: readonly Effect[]): Before {
  const users = new Map(before.users);
  const groups = new Set(before.groups);
  const files = new Map(before.files);
  const alternatives = new Set(before.alternatives);
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
    } else if (action.kind === "alternative") alternatives.add(action.name);
    else if (action.kind === "file") files.set(action.path, textOfContent(action));
    else if (action.kind === "symlink") files.set(action.path, unknown("it is a link"));
    else if (action.kind === "move") files.set(action.to, unknown("it was moved"));
  }
  return { users, groups, files, alternatives };
}

function textOfContent({ content, append, path }: Extract<EffectAction, { kind: "file" }>): Value {
  if (content.kind === "text" && !append) return known(content.text);
  return {
    known: false,
    why: `what ${path} holds is made from other files`,
    content: { kind: "copy", of: path },
  };
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

function worldOf(
  control: PackageControl,
  context: EffectsContext,
  packageName: string,
  before: Before,
): World {
  return {
    context,
    package: control.id,
    packageName,
    templates: templatesOf(control),
    before,
    ownPaths: new Set(control.paths),
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

/** Runs the scripts one after the other; every line of one goes on with the next. */
function analyse(control: PackageControl, world: World, scripts: readonly ScriptRun[]): Findings {
  const found: Found = { effects: [], unknown: [], inert: [] };
  let lines: State[] = [];
  for (const script of scripts) {
    const running = parse(control, script);
    if ("why" in running) {
      found.unknown.push(running);
      continue;
    }
    const starts = lines.length === 0 ? [initialState(world, running, script)] : lines;
    const ends = run(world, running, script, starts);
    if ("why" in ends) {
      found.unknown.push(ends);
      return found;
    }
    lines = script.name === "config" ? ends.map((line) => onlyAnswers(line, starts)) : ends;
  }
  for (const line of lines) take(found, line, world.packageName);
  return found;
}

interface Found {
  effects: Effect[];
  unknown: UnknownEffect[];
  inert: ScriptVerdict["inert"][number][];
}

/** A config script may only ask; what else it does is undone, since debconf may never run it (debconf-devel(7)). */
function onlyAnswers(line: State, starts: readonly State[]): State {
  const [start] = starts;
  if (start === undefined) return line;
  const { effects, unknown, inert, files, users, groups } = start;
  return { ...line, effects, unknown, inert, files, users, groups, flow: undefined };
}

function whole(control: PackageControl, script: ScriptRun, why: string): UnknownEffect {
  const file = `${script.name} of ${control.id}`;
  const name = nameOf(control.id);
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
  starts: readonly State[],
): State[] | UnknownEffect {
  try {
    return settle(
      starts
        .filter((line) => !hasFailed(line))
        .flatMap((line) => runList(restart(line, running, script), running.script.commands))
        .flatMap(runTrap),
      false,
    );
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

function hasFailed({ flow }: State): boolean {
  return flow?.kind === "exit" && flow.status !== 0 && flow.status !== undefined;
}

/** What the package's earlier scripts found out stays known; everything of the shell begins anew. */
function restart(line: State, running: Running, script: ScriptRun): State {
  return { ...line, ...shellStart(line.world, running, script) };
}

function initialState(world: World, running: Running, script: ScriptRun): State {
  return {
    world,
    files: new Map(),
    users: new Map(world.before.users),
    groups: new Set(world.before.groups),
    diversions: new Map(),
    overrides: new Set(),
    answers: new Map(),
    effects: [],
    unknown: [],
    inert: [],
    guards: [],
    ...shellStart(world, running, script),
  };
}

type ShellStart = Omit<
  State,
  | "world"
  | "files"
  | "users"
  | "groups"
  | "diversions"
  | "overrides"
  | "answers"
  | "effects"
  | "unknown"
  | "inert"
  | "guards"
>;

function shellStart(world: World, running: Running, script: ScriptRun): ShellStart {
  return {
    running,
    variables: initialVariables(world.packageName, world.context.architecture, script.name),
    functions: new Map(),
    positional: script.positional.map(known),
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

function take(found: Found, line: State, packageName: string): void {
  const hint = hintFor(packageName);
  if (hasFailed(line)) {
    const source = { package: line.world.package, script: line.running.of, file: line.running.file, line: 1 };
    found.unknown.push({ source, text: line.running.file, why: "the script would fail", hint });
  }
  for (const effect of line.effects) {
    const unknown = undecidedEffect(effect, hint);
    if (unknown === undefined) addOnce(found.effects, decidedEffect(effect));
    else addOnce(found.unknown, unknown);
  }
  for (const unknown of line.unknown) addOnce(found.unknown, { ...unknown, hint });
  for (const inert of line.inert) addOnce(found.inert, inert);
}

function decidedEffect({ action, guards, source }: GuardedEffect): Effect {
  const when = guards.flatMap(({ condition }) => (condition === undefined ? [] : [condition]));
  return { action, when, source };
}

/** Lines share what happened before they parted. */
function addOnce<T>(to: T[], value: T): void {
  const text = JSON.stringify(value);
  if (!to.some((one) => JSON.stringify(one) === text)) to.push(value);
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
