// Rules about stages: their names, what they begin with, and how instructions are written.
import { nearestName } from "../../../base/nearest.ts";
import { parseReference } from "../../../oci/reference.ts";
import type { Flag, Instruction, Word } from "../ast.ts";
import { partsOf, platformOf } from "../lower/platform.ts";
import { type Checks, checksAbove } from "./checks.ts";
import { expand, type File, pairsOf, type Report, type StageSeen } from "./seen.ts";

export function checkStages(file: File, report: Report): void {
  checkNames(file, report);
  checkCasing(file, report);
  for (const instruction of file.globalInstructions) {
    checkDescription(instruction, checksAbove(file.checks, instruction), report);
  }
  for (const one of file.stages) {
    checkFrom(one, report);
    checkBaseName(file, one, report);
    if (one.stage.platform !== undefined) checkPlatform(file, one, one.stage.platform, report);
    checkImagePlatform(file, one, report);
  }
}

const reserved: readonly string[] = ["context", "scratch"];

function checkNames({ checks, stages }: File, report: Report): void {
  const seen = new Set<string>();
  for (const { stage } of stages) {
    const { from, name } = stage;
    if (name === undefined) continue;
    const span = nameOf(from)?.span ?? from.span;
    if (reserved.includes(name)) {
      const message = `a stage is called ${name}, which means something else`;
      report({ rule: "reserved-stage-name", checks, span, message });
    }
    if (seen.has(name)) {
      report({ rule: "duplicate-stage-name", checks, span, message: `another stage is called ${name}` });
    }
    seen.add(name);
  }
}

/** All instructions but ARGs before the first FROM; of a trigger the ONBUILD. */
function checkCasing({ checks, stages }: File, report: Report): void {
  const instructions = stages.flatMap(({ stage }) => [stage.from, ...stage.instructions]);
  const upper = instructions.filter(({ keyword }) => keyword === keyword.toUpperCase()).length;
  const lower = instructions.filter(({ keyword }) => keyword === keyword.toLowerCase()).length;
  for (const { keyword, name, span } of instructions) {
    const meant = lower > upper ? name : name.toUpperCase();
    if (keyword === meant) continue;
    const end = { endLine: span.line, endColumn: span.column + keyword.length };
    const message = `${keyword} is written unlike most instructions of the file`;
    report({
      rule: "instruction-casing",
      checks,
      span: { ...span, ...end },
      message,
      hint: `write ${meant}`,
    });
  }
}

function checkFrom({ checks, stage: { from } }: StageSeen, report: Report): void {
  const name = nameOf(from);
  const as = from.arguments.kind === "words" ? from.arguments.values[1] : undefined;
  if (name === undefined || as === undefined) return;
  if (name.text !== name.text.toLowerCase()) {
    const message = `the stage's name ${name.text} has capitals`;
    const hint = `write ${name.text.toLowerCase()}`;
    report({ rule: "stage-name-casing", checks, span: name.span, message, hint });
  }
  const meant = inCaseOf(from.keyword, as.text);
  if (meant !== as.text) {
    const message = `${as.text} is not written as its ${from.keyword} is`;
    report({ rule: "from-as-casing", checks, span: as.span, message, hint: `write ${meant}` });
  }
  checkDescription(from, checks, report);
}

/** Mixed case of FROM is told as such, and says nothing about AS. */
function inCaseOf(keyword: string, word: string): string {
  if (keyword === keyword.toLowerCase()) return word.toLowerCase();
  return keyword === keyword.toUpperCase() ? word.toUpperCase() : word;
}

function nameOf({ arguments: given }: Instruction): Word | undefined {
  return given.kind === "words" ? given.values[2] : undefined;
}

/** Of an ARG, or of a FROM with a name. */
export function checkDescription(instruction: Instruction, checks: Checks, report: Report): void {
  const described =
    instruction.name === "arg"
      ? pairsOf([instruction]).map(({ name }) => name.text)
      : [nameOf(instruction)?.text.toLowerCase() ?? ""];
  const [first, second] = described;
  const comment = instruction.comments.at(-1);
  if (first === undefined || comment === undefined) return;
  if (described.includes(comment.split(" ", 1)[0] ?? "")) return;
  const which = second === undefined ? first : "its name";
  report({
    rule: "definition-description",
    checks,
    span: instruction.span,
    message: `the comment above this ${instruction.keyword} does not begin with ${which}`,
    hint: "begin it so, or put an empty comment (#) between them where it describes something else",
  });
}

function checkBaseName(file: File, { checks, stage }: StageSeen, report: Report): void {
  const { base } = stage;
  const expanded = expand(file, file.globals, base.text);
  checkDeclared(file, expanded?.unset ?? [], base, checks, report);
  const byDefault = expand(file, file.globalDefaults, base.text);
  if (byDefault === undefined || byDefault.used.length + byDefault.unset.length === 0) return;
  if (isReference(byDefault.value)) return;
  report({
    rule: "invalid-default-in-from",
    checks: file.checks,
    span: base.span,
    message: `without build arguments, ${base.text} is "${byDefault.value}", which names no image`,
    hint: "give its ARG a default before the first FROM",
  });
}

function checkDeclared(
  { globalNames }: File,
  unset: readonly string[],
  { span }: Pick<Word, "span">,
  checks: Checks,
  report: Report,
): void {
  for (const name of unset) {
    if (globalNames.has(name)) continue;
    const near = nearestName(name, globalNames);
    report({
      rule: "undefined-argument-in-from",
      checks,
      span,
      message: `no ARG before the first FROM declares ${name}`,
      hint: near === undefined ? undefined : `did you mean ${near}?`,
    });
  }
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

function checkPlatform(file: File, { checks, stage }: StageSeen, flag: Flag, report: Report): void {
  const { span, value = "" } = flag;
  const expanded = expand(file, file.globals, value);
  if (expanded === undefined) return;
  const { unset, used } = expanded;
  checkDeclared(file, unset, flag, checks, report);
  const target = file.globals.get("TARGETPLATFORM");
  if (used.length === 1 && used[0] === "TARGETPLATFORM" && unset.length === 0 && expanded.value === target) {
    const message = `--platform=${value} is what holds without it`;
    report({ rule: "redundant-platform", checks, span, message, hint: "remove it" });
  }
  if (used.length + unset.length > 0) return;
  const platform = platformOf(expanded.value, file.context.buildPlatform ?? "linux/amd64");
  if (platform === undefined) return;
  const { architecture, os } = partsOf(platform);
  // A name that says the platform is of a stage that is chosen by it.
  if (stage.name?.includes(os) === true || stage.name?.includes(architecture) === true) return;
  report({
    rule: "constant-platform",
    checks,
    span,
    message: `the stage is of ${expanded.value}, whatever is built for`,
    hint: "remove --platform, or use $BUILDPLATFORM; or name the platform in the name of the stage",
  });
}

function checkImagePlatform(file: File, { base, baseName, image, stage }: StageSeen, report: Report): void {
  if (base !== undefined || image === undefined || baseName === "scratch") return;
  const flag = stage.platform?.value ?? file.context.platform ?? "linux/amd64";
  const asked = expand(file, file.globals, flag)?.value ?? "";
  const machine = file.context.buildPlatform ?? "linux/amd64";
  const wanted = platformOf(asked, machine);
  if (wanted === undefined) return;
  const [is, wants] = [partsOf(image.platform), partsOf(wanted)];
  if (is.os === wants.os && is.architecture === wants.architecture) return;
  report({
    rule: "base-image-platform",
    checks: file.checks,
    span: stage.base.span,
    message: `${baseName} is of ${image.platform}, and the stage of ${wanted}`,
  });
}
