import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../../base/limits.ts";
import { chainPacker } from "./chains.ts";
import type { ChainGraph } from "./page/shapes.ts";

const paths = ["/app", "/usr/lib/libc.so.6", "/usr/lib/lib x.so", "/usr/lib/lib", "/a:b", "/n\nl"];
const indexOf = (path: string): number | undefined =>
  paths.includes(path) ? paths.indexOf(path) : undefined;

function unpack(graph: ChainGraph, last: number): string[] {
  const steps: string[] = [];
  for (let at = last; at >= 0; at = graph.parent[at] ?? -1) {
    let next = 0;
    const wording = graph.wordings[graph.wording[at] ?? -1] ?? "";
    steps.unshift(wording.replaceAll("\0", () => paths[graph.files[at]?.[next++] ?? -1] ?? "?"));
  }
  return steps;
}

describe("chains", () => {
  test.each([
    ["entrypoint -> /app: named", "entrypoint -> \0: named", [0]],
    ["/app -> /usr/lib/libc.so.6: DT_NEEDED libc.so.6", "\0 -> \0: DT_NEEDED libc.so.6", [0, 1]],
    ["/usr/lib/lib x.so", "\0", [2]],
    ["/usr/lib/lib y.so", "\0 y.so", [3]],
    ["needs /a:b", "needs \0", [4]],
    ["(/app), '/app'", "(\0), '\0'", [0, 0]],
    ["x/app and /apps", "x/app and /apps", []],
    ["http://app", "http://app", []],
    ["a NUL \0 of its own", "a NUL \ufffd of its own", []],
  ])("%j is worded %j", (step, wording, files) => {
    const packer = chainPacker(indexOf);
    packer.add([step]);
    expect(packer.graph()).toEqual({ parent: [-1], wording: [0], files: [files], wordings: [wording] });
  });

  test("chains that begin alike share their steps, and steps their wording", () => {
    const packer = chainPacker(indexOf);
    const first = packer.add(["entrypoint -> /app", "/app -> /usr/lib/lib"]);
    const second = packer.add(["entrypoint -> /app", "/app -> /usr/lib/libc.so.6"]);
    const graph = packer.graph();
    expect(graph.parent).toEqual([-1, 0, 0]);
    expect(graph.wordings).toEqual(["entrypoint -> \0", "\0 -> \0"]);
    expect(unpack(graph, first)).toEqual(["entrypoint -> /app", "/app -> /usr/lib/lib"]);
    expect(unpack(graph, second)).toEqual(["entrypoint -> /app", "/app -> /usr/lib/libc.so.6"]);
    expect(packer.add([])).toBe(-1);
  });

  test("what is unpacked is what was packed", () => {
    const word = fc.oneof(
      fc.constantFrom(...paths, " ", " -> ", ": ", "'", "("),
      fc.string({ maxLength: 5 }),
    );
    const step = fc.array(word, { maxLength: 12 }).map((words) => words.join(""));
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 8 }), (chains) => {
        const packer = chainPacker(indexOf);
        const ends = chains.map((chain) => packer.add(chain));
        const graph = packer.graph();
        expect(ends.map((end) => unpack(graph, end))).toEqual(
          chains.map((chain) => chain.map((one) => one.replaceAll("\0", "\ufffd"))),
        );
        expect(graph.parent.every((parent, index) => parent < index)).toBe(true);
      }),
    );
  });

  test("a chain too long to read keeps both ends", () => {
    const packer = chainPacker(indexOf);
    const long = Array.from({ length: 1000 }, (_, index) => `step ${index}`);
    const end = packer.add(long);
    const kept = unpack(packer.graph(), end);
    expect(kept).toHaveLength(limits.reportChainStepsMax + 1);
    expect(kept.at(0)).toBe("step 0");
    expect(kept.at(-1)).toBe("step 999");
    expect(kept[limits.reportChainStepsMax / 2]).toBe(
      `... ${1000 - limits.reportChainStepsMax} more steps ...`,
    );
  });
});
