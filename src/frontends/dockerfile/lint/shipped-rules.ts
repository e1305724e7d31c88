// Rules about what ships: the final stage and those that it begins with. What is thrown away may be as it likes.
import { parseReference } from "../../../oci/reference.ts";
import type { Instruction } from "../ast.ts";
import { type Checks, checksAbove } from "./checks.ts";
import { isRemote } from "./ignored-source.ts";
import { leavesPackageCache } from "./package-caches.ts";
import type { File, Report, StageSeen } from "./seen.ts";

export function checkShipped(file: File, report: Report): void {
  for (const stage of file.stages) {
    checkPinned(stage, report);
    for (const instruction of stage.instructions) {
      const checks = checksAbove(file.checks, instruction);
      checkCredentials(instruction, checks, report);
      if (instruction.name === "add") checkAdd(instruction, checks, report);
    }
  }
  const chain = [...file.shipped];
  const [last] = chain;
  const bottom = chain.at(-1);
  if (last === undefined || bottom === undefined) return;
  checkBottom(last, bottom, report);
  checkUser(file, chain, report);
  checkStart(file, chain, report);
  for (const stage of chain) {
    for (const instruction of stage.instructions) {
      if (instruction.name !== "run") continue;
      const manager = leavesPackageCache(instruction);
      if (manager === undefined) continue;
      report({
        rule: "package-cache-left",
        checks: checksAbove(file.checks, instruction),
        span: instruction.span,
        message: `what ${manager.name} downloaded stays in this layer`,
        hint: manager.hint,
      });
    }
  }
}

function checkPinned({ base, baseName, checks, stage }: StageSeen, report: Report): void {
  if (base !== undefined || baseName === "scratch") return;
  const reference = referenceOf(baseName);
  if (reference === undefined || reference.digest !== undefined || reference.tag !== "latest") return;
  report({
    rule: "unpinned-base",
    checks,
    span: stage.base.span,
    message: `${baseName} is another image each time that it is published`,
    hint: "name a version, or pin what is built with: distill build --lock",
  });
}

function referenceOf(text: string): ReturnType<typeof parseReference> | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

/** "://", a name, a colon and a password that is no variable. Both are bounded, so that the search is linear. */
const credentials = /:\/\/[^/\s:@'"$]{0,256}:[^/\s:@'"$]{1,256}@/;

function checkCredentials(instruction: Instruction, checks: Checks, report: Report): void {
  const texts = [instruction.original, ...instruction.heredocs.map(({ content }) => content)];
  if (!texts.some((text) => credentials.test(text))) return;
  report({
    rule: "credentials-in-url",
    checks,
    span: instruction.span,
    message: `this ${instruction.keyword} holds an address with a password, which stays in the image's history`,
    hint: "hand it to a step with RUN --mount=type=secret",
  });
}

const archive = /\.(?:tar|tgz|tbz2?|txz|tzst|tar\.[a-z0-9]+|gz|bz2|xz|zst)$/i;
const onlyOfAdd: readonly string[] = ["checksum", "keep-git-dir", "unpack"];

function checkAdd(instruction: Instruction, checks: Checks, report: Report): void {
  const given = instruction.arguments;
  if (given.kind !== "words" && given.kind !== "json") return;
  if (instruction.flags.some(({ name }) => onlyOfAdd.includes(name))) return;
  const sources = given.values.slice(0, -1).map(({ text }) => text);
  // What a variable or a pattern stands for may be an archive.
  const isCertain = (source: string): boolean =>
    !isRemote(source) && !archive.test(source) && !/[*?[$]/.test(source);
  if (!sources.every(isCertain)) return;
  const message = "this ADD neither downloads nor unpacks";
  report({ rule: "add-where-copy-does", checks, span: instruction.span, message, hint: "write COPY" });
}

/** Names of images that hold no distribution. */
const distroless = /(?:^|[/:_.-])(?:distroless|static|scratch)(?:$|[/:_.-])/i;

function checkBottom(last: StageSeen, bottom: StageSeen, report: Report): void {
  const { baseName } = bottom;
  if (baseName === "scratch" || distroless.test(baseName)) return;
  report({
    rule: "ships-distribution",
    checks: last.checks,
    span: last.stage.base.span,
    message: `what ships begins with ${baseName}, and holds its shell and tools`,
    hint: "add a last stage FROM scratch, and COPY --from what the program needs",
  });
}

function checkUser(file: File, chain: readonly StageSeen[], report: Report): void {
  const [last] = chain;
  if (last === undefined) return;
  const instruction = lastOf(chain, "user");
  if (instruction === undefined) {
    const { baseName = "", image } = chain.at(-1) ?? {};
    // An unknown image may have a user of its own, and says so in its name at best.
    const user = image?.config.User ?? "";
    if (!isRoot(user) || (image === undefined && /nonroot|rootless/i.test(baseName))) return;
    const { checks, stage } = last;
    const message = "what ships runs as root: the final stage has no USER";
    report({ rule: "runs-as-root", checks, span: stage.from.span, message, hint: "add USER 65532:65532" });
    return;
  }
  const given = instruction.arguments;
  const text = given.kind === "text" ? given.value.text : "";
  if (text.includes("$") || !isRoot(text)) return;
  report({
    rule: "runs-as-root",
    checks: checksAbove(file.checks, instruction),
    span: instruction.span,
    message: "what ships runs as root",
    hint: "let the last USER be another one: USER 65532:65532",
  });
}

function isRoot(user: string): boolean {
  return /^(?:root|0+)?(?::|$)/.test(user);
}

function lastOf(chain: readonly StageSeen[], name: Instruction["name"]): Instruction | undefined {
  for (const { instructions } of chain) {
    const found = instructions.findLast((one) => one.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where BuildKit's rule is silent: a SHELL of the file's own, and health checks. */
function checkStart(file: File, chain: readonly StageSeen[], report: Report): void {
  const hasShell = lastOf(chain, "shell") !== undefined;
  for (const name of ["entrypoint", "cmd", "healthcheck"] as const) {
    const instruction = lastOf(chain, name);
    if (instruction === undefined || (name !== "healthcheck" && !hasShell)) continue;
    const given = instruction.arguments;
    const isShellForm =
      given.kind === "health"
        ? given.command.kind === "text" && given.test.text.toUpperCase() === "CMD"
        : given.kind === "text" && given.value.text !== "";
    if (!isShellForm) continue;
    report({
      rule: "starts-by-shell",
      checks: checksAbove(file.checks, instruction),
      span: instruction.span,
      message: `this ${instruction.keyword} needs a shell in the image`,
      hint: 'write the program as a list: ["program", "argument"]',
    });
  }
}
