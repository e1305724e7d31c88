// `--allow-level`: an image below it isn't delivered, and the spec's line or the instruction that brought each reason is told.
import { compareLevels, type Level } from "../audit/levels.ts";
import type { Span } from "../base/diagnostics.ts";
import { ToolError } from "../base/errors.ts";
import type { LockedPackage } from "../debian/locked.ts";
import type { LevelFinding } from "../engines/native/self-audit.ts";
import { declaredName, type ImagePlan } from "../graph/plan.ts";
import type { PlatformBuild } from "./build-project.ts";

const shownMax = 20;

/** @throws ToolError "check-failed" (exit code 1) with what keeps the image from the level */
export function refuseBelow(wanted: Level, builds: readonly PlatformBuild[], plan?: ImagePlan): void {
  for (const { figures, packages, platform } of builds) {
    if (compareLevels(figures.level, wanted) >= 0) continue;
    const reasons = figures.levelFindings
      .filter((one) => compareLevels(one.atMost, wanted) < 0)
      .map((one) => `${toldReason(one)}${broughtBy(one, plan, packages)}`);
    const more = reasons.length > shownMax ? [`and ${reasons.length - shownMax} more`] : [];
    throw new ToolError("check-failed", {
      what: `accepting the image for ${platform}`,
      why: `its level is ${figures.level}, below ${wanted}:\n${[...reasons.slice(0, shownMax), ...more].join("\n")}`,
      hint: `mend that, or accept it with --allow-level ${figures.level}`,
    });
  }
}

/** "/bin/x: bash 5.2 [shell]" */
export function toldReason({ path, rule, what }: LevelFinding): string {
  return `${path === undefined ? "" : `${path}: `}${what} [${rule}]`;
}

/** " (distill.yaml:12: postgresql-15, which depends on libx)"; empty where no line of the spec is behind it. */
function broughtBy(
  { broughtBy: bringer }: LevelFinding,
  plan: ImagePlan | undefined,
  packages: readonly LockedPackage[],
): string {
  if (bringer === undefined) return "";
  if ("declared" in bringer) {
    const addition = plan?.additions.find((one) => declaredName(one) === bringer.declared);
    return ` (${placed(addition?.span)}${bringer.declared})`;
  }
  const chain = chainTo(bringer.package, packages);
  const [first = bringer.package, ...rest] = chain;
  const request = plan?.packages.find(({ text }) => nameIn(text) === first);
  const depends = rest.length === 0 ? "" : `, which depends on ${rest.join(", on ")}`;
  return ` (${placed(request?.span)}the package ${first}${depends})`;
}

function placed(span: Span | undefined): string {
  return span === undefined ? "" : `${span.file}:${span.line}: `;
}

/** The name in "nginx=1.22*", "libc6:arm64". */
function nameIn(request: string): string {
  return /^[a-z0-9][a-z0-9+.-]*/.exec(request)?.[0] ?? request;
}

/** From a requested package to this one, along dependencies; the shortest way. Only the package where none leads to it. */
function chainTo(wanted: string, packages: readonly LockedPackage[]): readonly string[] {
  const byName = new Map(packages.map((one) => [one.name, one]));
  const before = new Map<string, string | undefined>();
  const pending = packages.filter((one) => one.requested).map((one) => one.name);
  for (const name of pending) before.set(name, undefined);
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (next === wanted) break;
    for (const name of byName.get(next)?.depends ?? []) {
      if (before.has(name)) continue;
      before.set(name, next);
      pending.push(name);
    }
  }
  if (!before.has(wanted)) return [wanted];
  const chain: string[] = [];
  for (let at: string | undefined = wanted; at !== undefined; at = before.get(at)) chain.unshift(at);
  return chain;
}
