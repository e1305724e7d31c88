// Scheduling: each vertex once, how many at a time, what happens after a failure and an interrupt, what is told.
import { readdir, rm } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeWorld, run, type World } from "../../../../testing/solver/world.ts";
import type { InvalidInput, Span } from "../../../base/diagnostics.ts";
import { ToolError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { type Vertex, vertexOf } from "../../../graph/vertex.ts";
import type { StepRequest } from "../runner/step.ts";
import { cacheImageOf, importedCache } from "./cache-artifact.ts";
import { solve, solveAll } from "./solve.ts";

let world: World;
let base: Vertex;
const never = new AbortController().signal;

beforeEach(async () => {
  world = await makeWorld();
  const { descriptor } = world.addImage({ "/bin/sh": "shell" });
  base = vertexOf(
    { kind: "image", reference: "base", digest: descriptor.digest, platform: "linux/amd64" },
    [],
    { name: "base" },
  );
});

afterEach(() => rm(world.folder, { recursive: true }));

const merge = (...inputs: readonly Vertex[]): Vertex =>
  vertexOf({ kind: "merge" }, inputs, { name: "merge" });

/** Steps "wait N" that meet each other; tells the most that ran at a time. */
function meeting(): { readonly most: () => number } {
  let running = 0;
  let most = 0;
  world.steps.set("wait", async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running -= 1;
    return 0;
  });
  return { most: () => most };
}

describe("scheduling", () => {
  test.each([1, 2, 3])("runs independent steps at the same time, %i of them", async (width) => {
    const { most } = meeting();
    const tops = merge(...[1, 2, 3, 4, 5, 6].map((number) => run(`wait ${number}`, [base])));
    const solved = await solve(tops, world.services({}, { width }), never);
    expect({ most: most(), done: solved.done, ran: world.ran.length }).toEqual({
      most: width,
      done: 7,
      ran: 6,
    });
  });

  test("does what several need once, though it has several names", async () => {
    const shared = (): Vertex => run("shared", [base]);
    const left = run("left", [shared()]);
    const right = run("right", [shared()]);
    const solved = await solveAll([merge(left, right), right, shared()], world.services(), never);
    expect(world.ran.toSorted()).toEqual(["left", "right", "shared"]);
    expect(solved.map(({ cached, done }) => ({ cached, done }))).toEqual([
      { cached: 0, done: 4 },
      { cached: 0, done: 2 },
      { cached: 0, done: 1 },
    ]);
  });

  test("goes through a deep graph", async () => {
    let top = base;
    for (let number = 0; number < 10; number++) top = run(`step ${number}`, [top]);
    for (let number = 0; number < 2000; number++) top = merge(top);
    // To merge what a merge of one gave is the same work as that: only the first is done.
    expect(await solve(top, world.services(), never)).toMatchObject({ done: 11, cached: 1999 });
    expect(await solve(top, world.services(), never)).toMatchObject({ done: 0, cached: 2010 });
  });

  test("a vertex whose result is known needs no input", async () => {
    const top = run("second", [run("first", [base])]);
    await solve(top, world.services(), never);
    let pulled = 0;
    const image = (): Promise<never> => {
      pulled += 1;
      return Promise.reject(new Error("the registry is away"));
    };
    const solved = await solve(top, world.services({ image }), never);
    expect({ done: solved.done, cached: solved.cached, pulled }).toEqual({ done: 0, cached: 2, pulled: 0 });
    expect(solved.snapshot.layers[0]?.image?.descriptor.size).toBeGreaterThan(0);
  });
});

describe("a failure", () => {
  const span: Span = { file: "Dockerfile", line: 7, column: 1, endLine: 7, endColumn: 9 };
  const failing = (code: number, printed: string): Vertex => {
    world.steps.set("fail", ({ request }) => {
      request.stdout.write(printed);
      return Promise.resolve(code);
    });
    return run("fail", [base], {}, { name: "[build 2/3] RUN fail", span, stage: "build" });
  };
  const thrownBy = async (top: Vertex, settings = {}): Promise<ToolError> => {
    const thrown: unknown = await solve(top, world.services({}, settings), never).catch(
      (one: unknown) => one,
    );
    expect(thrown).toBeInstanceOf(ToolError);
    return thrown as ToolError;
  };

  test("tells the place, the exit code, the last lines without what a terminal obeys, and how to look at it", async () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    const error = await thrownBy(
      failing(3, `${lines.join("\n")}\n\u001b[31mred\u001b[0m\u0007 \u001b]0;title\u0007end`),
    );
    expect(error).toMatchObject({ code: "step-failed", what: "[build 2/3] RUN fail (Dockerfile:7:1)" });
    expect(error.why.split("\n")).toEqual([
      "the command ended with exit code 3",
      "it printed last:",
      ...lines.slice(-limits.failureLinesMax + 1).map((line) => `  ${line}`),
      "  red\ufffd end",
    ]);
    expect(error.hint).toContain("--on-error=shell");
    // Progress has it in a line; the rest is told once, by the error.
    expect(world.events.findLast(({ type }) => type === "fail")).toMatchObject({
      message: "the command ended with exit code 3",
    });
  });

  test("gives a shell where one is wanted, with the step's mounts and root", async () => {
    const shells: unknown[] = [];
    world.steps.set("/bin/sh", ({ request }) => {
      shells.push({ stdin: request.stdin, root: request.root });
      return Promise.resolve(0);
    });
    const error = await thrownBy(failing(1, ""), { onError: "shell" });
    expect(shells).toMatchObject([{ stdin: "inherit", root: { kind: "overlay", target: "/" } }]);
    expect(error.hint).toBeUndefined();
    expect(world.events.filter(({ type }) => type === "terminal")).toMatchObject([
      { isTaken: true },
      { isTaken: false },
    ]);
  });

  test("gives the shell a work folder that no mount has used", async () => {
    const works: string[] = [];
    const note = ({ root }: StepRequest): void => {
      if (root.kind === "overlay" && root.work !== undefined) works.push(root.work);
    };
    const top = failing(1, "");
    world.steps.set("fail", ({ request }) => {
      note(request);
      return Promise.resolve(1);
    });
    world.steps.set("/bin/sh", async ({ request }) => {
      note(request);
      expect(await readdir(request.root.kind === "overlay" ? (request.root.work ?? "") : "")).toEqual([]);
      return 0;
    });
    await thrownBy(top, { onError: "shell" });
    expect(new Set(works).size).toBe(2);
  });

  test("is told where the shell can't be opened", async () => {
    world.steps.set("/bin/sh", () =>
      Promise.reject(new ToolError("engine", { what: "making a sandbox", why: "no room" })),
    );
    const error = await thrownBy(failing(4, "said"), { onError: "shell" });
    expect(error).toMatchObject({
      code: "step-failed",
      why: expect.stringContaining("exit code 4") as string,
    });
    expect(error.hint).toMatch(/shell could not be opened.*no room/);
    expect(world.events.findLast(({ type }) => type === "terminal")).toMatchObject({ isTaken: false });
  });

  test("says where there is no shell", async () => {
    const { descriptor } = world.addImage({ "/app": "no shell" });
    base = vertexOf(
      { kind: "image", reference: "bare", digest: descriptor.digest, platform: "linux/amd64" },
      [],
      { name: "bare" },
    );
    const error = await thrownBy(failing(127, ""), { onError: "shell" });
    expect(error.hint).toContain("the stage has no /bin/sh");
    expect(error.why).toContain("there is no such command");
    expect((await thrownBy(failing(127, ""))).hint).toBeUndefined();
  });

  test("stops others from starting, and waits for what runs", async () => {
    let ended = 0;
    let begun = 0;
    // Whichever of them comes first is the slow one, and the second fails.
    world.steps.set("any", async ({ signal }) => {
      begun += 1;
      if (begun === 2) return 5;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      ended += 1;
      throw new ToolError("interrupted", { what: "running a step", why: "it was interrupted" });
    });
    const top = merge(...[1, 2, 3, 4].map((number) => run(`any ${number}`, [base])));
    const error = await solve(top, world.services({}, { width: 2 }), never).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: "step-failed" });
    expect({ ended, begun }).toEqual({ ended: 1, begun: 2 });
    expect(world.events.filter(({ type }) => type === "fail")).toMatchObject([
      { message: expect.stringContaining("exit code 5") as string },
      { message: "interrupted" },
    ]);
  });

  test("is recorded nowhere: the step is done again", async () => {
    const top = failing(1, "");
    await thrownBy(top);
    world.steps.set("fail", () => Promise.resolve(0));
    expect(await solve(top, world.services(), never)).toMatchObject({ done: 1 });
  });

  test("an interrupt ends it with its own reason", async () => {
    const stop = new AbortController();
    const reason = new ToolError("interrupted", { what: "building", why: "by the user" });
    world.steps.set("slow", async ({ signal }) => {
      setTimeout(() => stop.abort(reason), 10);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      signal.throwIfAborted();
      return 0;
    });
    await expect(solve(run("slow", [base]), world.services(), stop.signal)).rejects.toBe(reason);
  });

  test.each([
    ["unknown-user", { user: "nobody-here" }],
    ["unknown-group", { user: "0:nobody-here" }],
    ["invalid-ulimit", { ulimits: ["nofiles=1"] }],
    ["invalid-extra-host", { extraHosts: ["db=10.0.0.300"] }],
  ])("%s is told at the instruction's place", async (rule, change) => {
    const thrown: unknown = await solve(run("x", [base], change, { span }), world.services(), never).catch(
      (one: unknown) => one,
    );
    expect((thrown as InvalidInput).diagnostics).toMatchObject([{ rule, span, severity: "error" }]);
    expect(world.ran).toEqual([]);
  });
});

test("events begin and end each vertex once, in an order that a reader can follow", async () => {
  const top = run("second", [run("first", [base])], {}, { stage: "build" });
  world.steps.set("second", ({ request }) => {
    request.stderr.write("half a ");
    request.stderr.write("line\r\nand one without end");
    return Promise.resolve(0);
  });
  const told = (): readonly string[] => {
    const names = new Map<string, string>();
    return world.events.splice(0).map((event) => {
      if (event.type === "terminal") return "terminal";
      if (event.type === "start") names.set(event.id, event.name);
      const name = names.get(event.id ?? "") ?? "";
      const rest =
        event.type === "output" ? `${event.stage}: ${event.text}` : event.type === "end" && event.cached;
      return `${event.type} ${name}${rest === false || rest === undefined ? "" : ` ${rest}`}`;
    });
  };
  await solve(top, world.services(), never);
  expect(told()).toEqual([
    "start base",
    "end base true",
    "start first",
    "end first",
    "start second",
    "output second build: half a line",
    "output second build: and one without end",
    "end second",
  ]);
  await solve(top, world.services(), never);
  expect(told()).toEqual([
    "start base",
    "end base true",
    "start first",
    "end first true",
    "start second",
    "end second true",
  ]);
});

describe("a cache from elsewhere", () => {
  const build = (): Vertex => merge(run("second", [run("first", [base])]), run("other", [base]));

  test.each(["min", "max"] as const)("finds what another machine did (mode %s)", async (mode) => {
    world.steps.set("first", (room) => {
      room.write("/one", "1");
      return Promise.resolve(0);
    });
    const services = world.services();
    await solve(build(), services, never);
    const exported = await cacheImageOf([build()], services, never, {
      mode,
      compression: "gzip",
      platform: { os: "linux", architecture: "amd64" },
    });
    const imported = importedCache(exported, "elsewhere");
    if (imported === undefined) throw new Error("no cache in it");

    const fresh = await makeWorld();
    fresh.addImage({ "/bin/sh": "shell" });
    const solved = await solve(build(), fresh.services({ imported: [imported] }), never);
    expect({ done: solved.done, cached: solved.cached, ran: fresh.ran }).toEqual({
      done: 0,
      cached: 4,
      ran: [],
    });
    // A step more stands on imported layers; its content key is told with their names.
    const more = run("more", [run("second", [run("first", [base])])]);
    expect(await solve(more, fresh.services({ imported: [imported] }), never)).toMatchObject({ done: 1 });
    await rm(fresh.folder, { recursive: true });
  });

  test("an image without one holds none", () => {
    expect(importedCache(world.addImage({ "/x": "y" }), "x")).toBeUndefined();
  });
});
