// Which vertices are done again after which change: keys, records and cut-offs, told by counts.
import { chmodSync, utimesSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { copy, makeWorld, run, type World } from "../../../../testing/solver/world.ts";
import type { ExecMount, ExecOperation } from "../../../graph/operation.ts";
import { type Vertex, type VertexMeta, vertexOf } from "../../../graph/vertex.ts";
import { solve } from "./solve.ts";
import type { SolverServices, SolverSettings } from "./solver.ts";

/** What of a build may change from one run to the next. */
interface Settings {
  readonly baseFiles: Readonly<Record<string, string>>;
  readonly baseSalt: string;
  readonly exclude: readonly string[];
  readonly copyMode: string | undefined;
  readonly compile: Partial<ExecOperation>;
  readonly mounts: readonly ExecMount[];
  /** By name of the vertex. */
  readonly meta: Readonly<Record<string, Partial<VertexMeta>>>;
  readonly services: Partial<Omit<SolverServices, "settings">>;
  readonly settings: Partial<SolverSettings>;
  readonly more: (final: Vertex) => Vertex;
}

const secret = (id: string): ExecMount => ({
  kind: "secret",
  id,
  variable: "TOKEN",
  required: true,
  mode: 0o400,
  uid: 0,
  gid: 0,
});

const bound = (source: string, target = "/docs"): ExecMount => ({
  kind: "bind",
  input: 1,
  source,
  target,
  writable: false,
});

/**
 * Two stages: `build` downloads what go.mod lists, compiles src (comments don't show in the program), checks it; the result is
 * the program and the report in an empty tree.
 */
function graphOf(settings: Settings): Vertex {
  const { compile: change, copyMode, exclude, meta, mounts } = settings;
  const image = world.addImage(settings.baseFiles, settings.baseSalt);
  const base = vertexOf(
    { kind: "image", reference: "base", digest: image.descriptor.digest, platform: "linux/amd64" },
    [],
    { name: "base" },
  );
  const context = vertexOf({ kind: "local", name: "context", exclude, follow: [] }, [], { name: "context" });
  const named = (name: string): Partial<VertexMeta> => ({ name, ...meta[name] });
  const copyMod = copy("/go.mod", "/go.mod", [base, context], {}, named("copy-mod"));
  const download = run("download", [copyMod], {}, named("download"));
  const copySource = copy(
    "/src",
    "/src/",
    [download, context],
    copyMode === undefined ? {} : { mode: copyMode },
    named("copy-source"),
  );
  const compile = run("compile", [copySource, context], { ...change, mounts }, named("compile"));
  const check = run("check", [copySource], {}, named("check"));
  const scratch = vertexOf({ kind: "scratch" }, [], { name: "scratch" });
  const program = copy("/app", "/app", [scratch, compile], {}, named("copy-program"));
  return settings.more(copy("/report", "/report", [program, check], {}, named("copy-report")));
}

const all = ["copy-mod", "download", "copy-source", "compile", "check", "copy-program", "copy-report"];

let world: World;
let settings: Settings;

beforeEach(async () => {
  world = await makeWorld();
  world.write("go.mod", "module a\n");
  world.write("src/main.go", "func main() // first\n");
  world.write("docs/guide.md", "guide\n");
  world.write("notes.txt", "notes\n");
  world.steps.set("download", async (room) => {
    room.write("/cache", `modules of ${await room.read("/go.mod")}`);
    return undefined;
  });
  world.steps.set("compile", async (room) => {
    const source = await room.read("/src/main.go");
    room.write("/app", `program of ${source.replace(/ \/\/.*/, "")}`);
    return undefined;
  });
  world.steps.set("check", async (room) => {
    await room.read("/src/main.go");
    room.write("/report", "all is well");
    return undefined;
  });
  settings = {
    baseFiles: { "/bin/sh": "shell", "/etc/passwd": "app:x:10:20::/srv/app:/bin/sh\n" },
    baseSalt: "",
    exclude: [],
    copyMode: undefined,
    compile: {},
    mounts: [],
    meta: {},
    services: {},
    settings: {},
    more: (final) => final,
  };
});

afterEach(() => rm(world.folder, { recursive: true }));

function set(change: Partial<Settings>): void {
  settings = { ...settings, ...change };
}

/** Names of the vertices that were done. */
async function build(): Promise<readonly string[]> {
  world.events.length = 0;
  const top = graphOf(settings);
  const services = world.services(settings.services, settings.settings);
  const solved = await solve(top, services, new AbortController().signal);
  const names = new Map<string, string>();
  const done: string[] = [];
  for (const event of world.events) {
    if (event.type === "start") names.set(event.id, event.name);
    const name = event.type === "end" && event.cached === false ? names.get(event.id) : undefined;
    if (name !== undefined && name !== "context") done.push(name);
  }
  expect({ done: solved.done, told: done.length }).toEqual({ done: done.length, told: done.length });
  return all.concat(done.filter((name) => !all.includes(name))).filter((name) => done.includes(name));
}

interface Scenario {
  readonly summary: string;
  /** Before the first build. */
  readonly before?: () => void;
  readonly change: () => void | Promise<void>;
  readonly done: readonly string[];
}

const scenarios: readonly Scenario[] = [
  { summary: "nothing", change: () => undefined, done: [] },
  {
    summary: "a file of the context that nothing copies",
    change: () => world.write("notes.txt", "more"),
    done: [],
  },
  {
    summary: "the time of a copied file",
    change: () => utimesSync(join(world.context, "src/main.go"), 1000, 1000),
    done: [],
  },
  {
    summary: "the list of modules",
    change: () => world.write("go.mod", "module b\n"),
    done: ["copy-mod", "download", "copy-source", "compile", "check"],
  },
  {
    summary: "a comment, so that the program is equal",
    change: () => world.write("src/main.go", "func main() // second\n"),
    done: ["copy-source", "compile", "check"],
  },
  {
    summary: "the source, so that the program is another",
    change: () => world.write("src/main.go", "func main2()\n"),
    done: ["copy-source", "compile", "check", "copy-program", "copy-report"],
  },
  {
    summary: "the source back to what it was",
    change: async () => {
      world.write("src/main.go", "func main2()\n");
      await build();
      world.write("src/main.go", "func main() // first\n");
    },
    done: [],
  },
  {
    summary: "the mode of a copied file",
    change: () => chmodSync(join(world.context, "src/main.go"), 0o755),
    done: ["copy-source", "compile", "check"],
  },
  {
    summary: "a new file in a copied folder",
    change: () => world.write("src/other.go", "func other()\n"),
    done: ["copy-source", "compile", "check"],
  },
  {
    summary: "a pattern that leaves out what nothing copies",
    change: () => set({ exclude: ["notes.txt"] }),
    done: [],
  },
  {
    summary: "COPY --chmod",
    change: () => set({ copyMode: "600" }),
    done: ["copy-source", "compile", "check"],
  },
  {
    summary: "an argument of a step",
    change: () => set({ compile: { env: ["LEVEL=2"] } }),
    done: ["compile"],
  },
  { summary: "a step's user", change: () => set({ compile: { user: "app" } }), done: ["compile"] },
  {
    summary: "a step's folder",
    change: () => set({ compile: { workingDir: "/src" } }),
    done: ["compile"],
  },
  {
    summary: "a step's network",
    change: () => set({ compile: { network: "none" } }),
    done: ["compile"],
  },
  {
    summary: "the address of an extra host",
    before: () => set({ compile: { extraHosts: ["db=10.0.0.1"] } }),
    change: () => set({ compile: { extraHosts: ["db=10.0.0.2"] } }),
    done: [],
  },
  {
    summary: "the name of an extra host",
    before: () => set({ compile: { extraHosts: ["db=10.0.0.1"] } }),
    change: () => set({ compile: { extraHosts: ["mail=10.0.0.1"] } }),
    done: ["compile"],
  },
  {
    summary: "resources of a step",
    change: () => set({ compile: { shmBytes: 1_000_000, ulimits: ["nofile=10:20"] } }),
    done: [],
  },
  {
    summary: "the content of a secret",
    before: () => {
      set({ mounts: [secret("token")] });
      set({
        services: {
          secrets: new Map([["token", { read: () => Promise.resolve(Buffer.from("one")) }]]),
        },
      });
    },
    change: () => {
      set({
        services: {
          secrets: new Map([["token", { read: () => Promise.resolve(Buffer.from("two")) }]]),
        },
      });
    },
    done: [],
  },
  {
    summary: "which secret a step has",
    before: () => {
      const read = (): Promise<Uint8Array> => Promise.resolve(Buffer.from("one"));
      set({
        services: {
          secrets: new Map([
            ["a", { read }],
            ["b", { read }],
          ]),
        },
      });
      set({ mounts: [secret("a")] });
    },
    change: () => set({ mounts: [secret("b")] }),
    done: ["compile"],
  },
  {
    summary: "certificates that steps trust",
    change: () => set({ services: { stepCertificates: Buffer.from("PEM") } }),
    done: [],
  },
  {
    summary: "proxies",
    change: () => set({ services: { proxies: new Map([["HTTP_PROXY", "http://proxy.test"]]) } }),
    done: [],
  },
  {
    summary: "a file in the mounted part of the context",
    before: () => set({ mounts: [bound("/docs")] }),
    change: () => world.write("docs/guide.md", "another guide\n"),
    done: ["compile"],
  },
  {
    summary: "a file beside the mounted part of the context",
    before: () => set({ mounts: [bound("/docs")] }),
    change: () => world.write("notes.txt", "more"),
    done: [],
  },
  {
    summary: "where a part is mounted",
    before: () => set({ mounts: [bound("/docs")] }),
    change: () => set({ mounts: [bound("/docs", "/elsewhere")] }),
    done: ["compile"],
  },
  {
    summary: "names and places",
    change: () => set({ meta: { compile: { stage: "other" } } }),
    done: [],
  },
  {
    summary: "the base's manifest, with the layers that it had",
    change: () => set({ baseSalt: "new" }),
    done: [],
  },
  {
    summary: "the base's files",
    change: () => set({ baseFiles: { ...settings.baseFiles, "/lib/libc.so": "newer" } }),
    done: ["copy-mod", "download", "copy-source", "compile", "check"],
  },
  { summary: "--no-cache", change: () => set({ settings: { noCache: true } }), done: all },
  {
    summary: "--no-cache-filter on a step whose result is equal",
    change: () => set({ meta: { compile: { ignoreCache: true } } }),
    done: ["compile"],
  },
  {
    summary: "--no-cache-filter on a step that others stand on",
    change: () => set({ meta: { download: { ignoreCache: true } } }),
    done: ["download", "copy-source", "compile", "check"],
  },
  {
    summary: "a step more at the end",
    change: () => set({ more: (final) => run("more", [final]) }),
    done: ["more"],
  },
  {
    summary: "SOURCE_DATE_EPOCH",
    change: () => set({ settings: { sourceDateEpoch: 1000 } }),
    // It dates the folders that they make.
    done: ["copy-mod", "copy-source", "copy-program", "copy-report"],
  },
  {
    summary: "records that are gone",
    change: () => rm(join(world.cache.folder, "records"), { recursive: true }),
    done: all,
  },
  {
    summary: "layers that are gone",
    change: () => world.store.layers.clear(),
    done: all,
  },
];

describe("what is done again after a change of", () => {
  test.each(scenarios)("$summary", async ({ before, change, done }) => {
    before?.();
    const first = await build();
    expect(first).toEqual(all);
    await change();
    expect(await build()).toEqual(done);
    if (settings.settings.noCache === true || Object.values(settings.meta).some((one) => one.ignoreCache))
      return;
    expect(await build()).toEqual([]);
  });
});

test("a cache mount's name and sharing are in no key, its place is", async () => {
  const cache = (id: string, target: string): ExecMount => ({
    kind: "cache",
    id,
    target,
    sharing: "locked",
    readOnly: false,
    mode: 0o755,
    uid: 0,
    gid: 0,
  });
  const { definitionKey } = await import("./keys.ts");
  const keyOf = (mount: ExecMount): string => {
    const { operation } = run("x", [vertexOf({ kind: "scratch" }, [], { name: "" })], { mounts: [mount] });
    return definitionKey(operation, [], undefined);
  };
  const one = cache("one", "/cache");
  expect(keyOf(one)).toBe(keyOf(cache("two", "/cache")));
  expect(keyOf(one)).toBe(keyOf({ ...one, kind: "cache", sharing: "private" } as ExecMount));
  expect(keyOf(one)).not.toBe(keyOf(cache("one", "/elsewhere")));
});
