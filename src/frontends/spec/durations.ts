// Durations of a spec: what they come to, and how long those may be that others count in a number of some bits.
import { limits } from "../../base/limits.ts";
import { field, lenient } from "../../formats/document/nodes.ts";
import type { MapNode, YamlNode } from "../../formats/document/yaml-nodes.ts";
import type { SpecProblems } from "./rules.ts";

const units: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** Milliseconds of "1m30s". */
export function durationMs(text: string): number {
  let total = 0;
  for (const [, count = "", unit = ""] of text.matchAll(/(\d+)(ms|s|m|h)/g)) {
    total += Number(count) * (units.get(unit) ?? 0);
  }
  return total;
}

/** Reports durations that a timer of a test, or the config of an image, could not hold. */
export function checkDurations(root: MapNode, problems: SpecProblems): void {
  for (const test of lenient.items(root, "test")) {
    const most = { ms: limits.testTimeoutMsMax, name: "testTimeoutMsMax" };
    checkDuration(lenient.map(test), "timeout", most, problems);
  }
  const run = lenient.map(field(root, "run"));
  const healthcheck = run === undefined ? undefined : lenient.map(field(run, "healthcheck"));
  for (const name of ["interval", "timeout", "start-period"]) {
    const most = { ms: limits.healthcheckMsMax, name: "healthcheckMsMax" };
    checkDuration(healthcheck, name, most, problems);
  }
}

function checkDuration(
  map: MapNode | undefined,
  name: string,
  most: { readonly ms: number; readonly name: string },
  problems: SpecProblems,
): void {
  const node: YamlNode | undefined = map === undefined ? undefined : field(map, name);
  const text = lenient.text(node);
  if (node === undefined || text === undefined || durationMs(text) <= most.ms) return;
  const hours = Math.floor(most.ms / 3_600_000);
  problems.error("too-long", node.span, `${name}: ${text} is longer than ${hours}h (${most.name})`);
}
