// What takes more than one place of the file to judge: names that must exist, things that must not be given twice. Works on
// trees that hold other mistakes too, so that all are reported at once.
import type { Span } from "../../base/diagnostics.ts";
import { nearestName } from "../../base/nearest.ts";
import { field, lenient } from "../../formats/document/nodes.ts";
import type { MapNode, YamlNode } from "../../formats/document/yaml-nodes.ts";
import { checkAccounts } from "./accounts.ts";
import { checkDurations } from "./durations.ts";
import type { SpecProblems } from "./rules.ts";

export function checkReferences(root: MapNode, problems: SpecProblems): void {
  const run = lenient.map(field(root, "run"));
  const init = lenient.map(field(root, "init"));
  const stages = lenient.entries(root, "build");
  checkCopies(root, problems);
  checkCycles(root, problems);
  for (const phase of [run, init, ...stages.map((stage) => lenient.map(stage.value))]) {
    if (phase !== undefined) checkPackages(phase, problems);
  }
  if (run !== undefined) {
    checkTargets(run, problems);
    checkGlobs(run, problems);
    checkEmpty(root, run, problems);
  }
  if (init !== undefined) checkInit(root, init, problems);
  checkAccounts(root, problems);
  checkPatterns(root, problems);
  checkDurations(root, problems);
  // Of a spec with mistakes nobody can tell what it would need.
  if (!problems.found.some(({ severity }) => severity === "error")) checkUnused(root, problems);
}

/** The copies of a stage's steps. */
function copiesOf(stage: YamlNode): YamlNode[] {
  return lenient.items(lenient.map(stage), "steps").flatMap((step) => {
    const copy = lenient.map(step) === undefined ? undefined : field(step as MapNode, "copy");
    return copy === undefined ? [] : [copy];
  });
}

function checkCopies(root: MapNode, problems: SpecProblems): void {
  const stages = lenient.entries(root, "build");
  const names = stages.map((stage) => stage.key);
  const run = lenient.map(field(root, "run"));
  for (const node of [...stages.flatMap((stage) => copiesOf(stage.value)), ...lenient.items(run, "copy")]) {
    const copy = lenient.map(node);
    const from = copy === undefined ? undefined : field(copy, "from");
    const name = lenient.text(from);
    if (copy === undefined || from === undefined || name === undefined) continue;
    if (name !== "context" && !names.includes(name)) {
      const nearest = nearestName(name, ["context", ...names]);
      const known = names.length === 0 ? "build has no stages" : `the stages are ${names.join(", ")}`;
      const hint =
        nearest === undefined ? `${known}; "context" is the folder of the spec` : `did you mean ${nearest}?`;
      problems.error("unknown-stage", from.span, `there is no stage ${name} in build`, hint);
      continue;
    }
    checkSource(name, field(copy, "source"), problems);
  }
}

function checkSource(from: string, node: YamlNode | undefined, problems: SpecProblems): void {
  const source = lenient.text(node);
  if (node === undefined || source === undefined) return;
  if (from === "context" && source.startsWith("/")) {
    const rest = source.slice(1);
    const hint = `write ${rest === "" ? "." : rest}: it lies below the folder of the spec`;
    problems.error("context-path", node.span, "a path of the context is relative", hint);
  } else if (from !== "context" && !source.startsWith("/")) {
    problems.error(
      "context-path",
      node.span,
      "a path of a stage is absolute",
      `write /${source.replace(/^\.\/?/, "")}`,
    );
  }
}

function checkCycles(root: MapNode, problems: SpecProblems): void {
  const stages = new Map(lenient.entries(root, "build").map((stage) => [stage.key, stage]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    const stage = stages.get(name);
    if (stage === undefined || done.has(name)) return;
    for (const copy of copiesOf(stage.value)) {
      const from = lenient.map(copy) === undefined ? undefined : field(copy as MapNode, "from");
      const next = lenient.text(from);
      if (from === undefined || next === undefined) continue;
      const cycle = [...path, name];
      const start = cycle.indexOf(next);
      if (start === -1) visit(next, cycle);
      else {
        const loop = [...cycle.slice(start), next].join(" <- ");
        problems.error("stage-cycle", from.span, `the stages copy from each other in a circle: ${loop}`);
      }
    }
    done.add(name);
  };
  for (const name of stages.keys()) visit(name, []);
}

/** A stage that `run` needs neither itself nor for one that it needs is not built: most likely its name is wrong somewhere. */
function checkUnused(root: MapNode, problems: SpecProblems): void {
  const stages = lenient.entries(root, "build");
  const copies = new Map(stages.map((stage) => [stage.key, copiesOf(stage.value)]));
  const used = new Set<string>();
  const pending = [...lenient.items(lenient.map(field(root, "run")), "copy")];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const copy = lenient.map(node);
    const from = copy === undefined ? undefined : lenient.text(field(copy, "from"));
    if (from === undefined || used.has(from)) continue;
    used.add(from);
    pending.push(...(copies.get(from) ?? []));
  }
  for (const { key, keySpan } of stages) {
    if (used.has(key)) continue;
    const hint = "copy what it makes in `run`, or remove it";
    problems.warning(
      "unused-stage",
      keySpan,
      `the stage ${key} is not built: run copies nothing from it`,
      hint,
    );
  }
}

function checkPackages(phase: MapNode, problems: SpecProblems): void {
  const seen = new Map<string, { readonly text: string; readonly span: Span }>();
  for (const item of lenient.items(phase, "packages")) {
    const text = lenient.text(item);
    if (text === undefined) continue;
    const name = text.replace(/^!/, "").replace(/=.*$/, "");
    const first = seen.get(name);
    if (first === undefined) seen.set(name, { text, span: item.span });
    else if (first.text !== text) {
      problems.error(
        "conflicting-packages",
        item.span,
        `${name} is asked for as ${first.text} and as ${text}`,
        "keep one",
      );
    }
  }
}

function checkTargets(run: MapNode, problems: SpecProblems): void {
  const files = lenient.entries(run, "files").map((entry) => ({ path: entry.key, span: entry.keySpan }));
  const links = lenient.entries(run, "links").map((entry) => ({ path: entry.key, span: entry.keySpan }));
  const folders = lenient
    .entries(run, "directories")
    .map((entry) => ({ path: entry.key, span: entry.keySpan }));
  const copies = lenient.items(run, "copy").flatMap((node) => {
    const target = lenient.map(node) === undefined ? undefined : field(node as MapNode, "target");
    const path = lenient.text(target);
    return target === undefined || path === undefined ? [] : [{ path, span: target.span }];
  });
  const made = new Map<string, Span>();
  for (const { path, span } of [...copies, ...files, ...links]) {
    refuseSecond(path, span, made, problems);
  }
  // A folder may be the target of a copy: the declaration gives its mode and owner.
  const leaves = new Map([...files, ...links].map(({ path, span }) => [path, span]));
  for (const { path, span } of folders) refuseSecond(path, span, new Map(leaves), problems);
  for (const { path, span } of [...copies, ...files, ...links, ...folders]) {
    const file = files.find((one) => path.startsWith(`${one.path}/`));
    if (file === undefined) continue;
    problems.error(
      "duplicate-target",
      span,
      `${path} lies below ${file.path}, which is a file (line ${file.span.line})`,
    );
  }
}

function refuseSecond(path: string, span: Span, made: Map<string, Span>, problems: SpecProblems): void {
  const first = made.get(path);
  if (first === undefined) made.set(path, span);
  else problems.error("duplicate-target", span, `${path} is made twice; the first is on line ${first.line}`);
}

function checkGlobs(run: MapNode, problems: SpecProblems): void {
  const kept = new Set(lenient.items(run, "keep").map((item) => lenient.text(item)));
  for (const item of lenient.items(run, "drop")) {
    const glob = lenient.text(item);
    if (glob === undefined || !kept.has(glob)) continue;
    problems.error(
      "conflicting-globs",
      item.span,
      `${glob} is in keep and in drop`,
      "remove it from one of them",
    );
  }
}

function checkEmpty(root: MapNode, run: MapNode, problems: SpecProblems): void {
  const brought = ["packages", "copy", "files"].some((name) => field(run, name) !== undefined);
  const entry = root.entries.find((one) => one.key === "run");
  if (brought || entry === undefined) return;
  problems.error(
    "empty-image",
    entry.keySpan,
    "nothing brings a file into the image",
    "add packages, or copy the program",
  );
}

function checkInit(root: MapNode, init: MapNode, problems: SpecProblems): void {
  const entry = root.entries.find((one) => one.key === "init");
  if (entry === undefined || field(init, "packages") === undefined || field(init, "command") !== undefined)
    return;
  const hint = "add command: [/usr/bin/program, argument]";
  problems.error("missing-command", entry.keySpan, "an init phase of packages needs a command", hint);
}

function checkPatterns(root: MapNode, problems: SpecProblems): void {
  for (const test of lenient.items(root, "test")) {
    for (const stream of ["stdout", "stderr"]) {
      const map = lenient.map(test);
      const match = map === undefined ? undefined : lenient.map(field(map, stream));
      const node = match === undefined ? undefined : field(match, "matches");
      const pattern = lenient.text(node);
      if (node === undefined || pattern === undefined) continue;
      try {
        new RegExp(pattern, "u");
      } catch (thrown) {
        const why = thrown instanceof Error ? thrown.message.replace(/^.*\/u?: /, "") : "";
        problems.error("wrong-pattern", node.span, `matches: not a regular expression: ${why.toLowerCase()}`);
      }
    }
  }
}
