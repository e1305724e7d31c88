import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../base/canonical-json.ts";
import { digestOf } from "../../base/digest.ts";
import type { ExecOperation, FileAction, Operation } from "../../graph/operation.ts";
import { type BuildTarget, type Vertex, vertexOf } from "../../graph/vertex.ts";
import { displayWidth } from "../text.ts";
import { graphDot } from "./dot.ts";
import { graphJson } from "./json.ts";
import { graphSchema } from "./json-schema.ts";
import { graphText } from "./text.ts";

const platform = "linux/amd64";
const owned = { mode: 0o644, uid: 0, gid: 0 };

function exec(argv: readonly string[], more: Partial<ExecOperation> = {}): ExecOperation {
  return {
    kind: "exec",
    argv,
    env: ["PATH=/bin"],
    workingDir: "/",
    user: "",
    mounts: [],
    network: "default",
    extraHosts: [],
    ulimits: [],
    platform,
    ...more,
  };
}

function copy(input: number, source: string, target: string): FileAction {
  return {
    kind: "copy",
    input,
    source,
    target,
    allowWildcard: true,
    allowEmptyWildcard: false,
    contentsOnly: true,
    followLinks: true,
    unpack: false,
    parents: false,
    exclude: [],
  };
}

function target(vertex: Vertex, of = platform): BuildTarget {
  return { platform: of, vertex, config: { architecture: "amd64", os: "linux" }, history: [] };
}

/** The article's build, shortened. */
function goBuild(of = platform): BuildTarget {
  const reference = "docker.io/library/golang:1.21.5-alpine";
  const base = vertexOf({ kind: "image", reference, platform: of }, [], { name: reference, stage: "build" });
  const context = vertexOf({ kind: "local", name: "context", exclude: [], follow: [] }, [], {
    name: "context",
  });
  const copied = vertexOf({ kind: "file", actions: [copy(1, "/", "/")] }, [base, context], {
    name: "[build 2/3] COPY . .",
    stage: "build",
    span: { file: "Dockerfile", line: 3, column: 1, endLine: 3, endColumn: 9 },
  });
  const built = vertexOf(exec(["/bin/sh", "-c", "go build -o my-app"], { platform: of }), [copied], {
    name: "[build 3/3] RUN go build -o my-app",
    stage: "build",
    ignoreCache: true,
  });
  const scratch = vertexOf({ kind: "scratch" }, [], { name: "scratch", stage: "stage-1" });
  const result = vertexOf({ kind: "file", actions: [copy(1, "/my-app", "/my-app")] }, [scratch, built], {
    name: "[stage-1 1/1] COPY --from=build /my-app /usr/local/bin/a-name-that-is-as-long-as-names-of-files-are",
    stage: "stage-1",
  });
  return target(result, of);
}

describe("text", () => {
  test("one vertex a line", () => {
    expect(graphText([goBuild()])).toMatchInlineSnapshot(`
      "  1  424e6dcd  scratch  scratch
        2  3612ca2d  image    docker.io/library/golang:1.21.5-alpine
        3  000ccea2  local    context
        4  d6a08c94  file     [build 2/3] COPY . .                              <- 2 3
        5  e1666c9b  exec     [build 3/3] RUN go build -o my-app          (anew)  <- 4
        6  b46c51d4  file     [stage-1 1/1] COPY --from=build /my-app /usr/lo…  <- 1 5

      linux/amd64  6  sha256:b46c51d4767cb8d8adc74fb80458919437360159699fff72a6baca55dd94e5e5
      "
    `);
  });

  test("platforms share what they have in common", () => {
    const text = graphText([goBuild(), goBuild("linux/arm64")]);
    expect(text.split("\n").filter((line) => line.includes("  local  "))).toHaveLength(1);
    expect(text).toMatch(/\nlinux\/amd64 {2}6 {2}sha256:[0-9a-f]{64}\nlinux\/arm64 {2}10 {2}sha256:/);
  });

  test("no target, no line", () => {
    expect(graphText([])).toBe("");
  });

  test("all inputs are there, however many", () => {
    const inputs = Array.from({ length: 40 }, (_, index) =>
      vertexOf({ kind: "http", url: `https://example.test/${index}`, name: "f", ...owned }, [], {
        name: `${index}`,
      }),
    );
    const merged = vertexOf({ kind: "merge" }, inputs, { name: "all of them" });
    expect(graphText([target(merged)])).toContain(`<- ${inputs.map((_, index) => index + 1).join(" ")}\n`);
  });
});

test("dot", () => {
  expect(graphDot([goBuild()])).toMatchInlineSnapshot(`
    "digraph build {
      rankdir=LR;
      node [shape=box, fontname="monospace"];
      subgraph cluster_0 {
        label="stage-1";
        v1 [label="scratch 424e6dcd\\nscratch"];
        v6 [label="file b46c51d4\\n[stage-1 1/1] COPY --from=build /my-app /usr/local/bin/a-na…"];
      }
      subgraph cluster_1 {
        label="build";
        v2 [label="image 3612ca2d\\ndocker.io/library/golang:1.21.5-alpine"];
        v4 [label="file d6a08c94\\n[build 2/3] COPY . ."];
        v5 [label="exec e1666c9b\\n[build 3/3] RUN go build -o my-app"];
      }
      v3 [label="local 000ccea2\\ncontext"];
      v2 -> v4;
      v3 -> v4 [style=dashed];
      v4 -> v5;
      v1 -> v6;
      v5 -> v6 [style=dashed];
      target1 [shape=oval, label="linux/amd64"];
      v6 -> target1;
    }
    "
  `);
});

describe("hostile names", () => {
  const hostile = '\u001b[2J"];\nx -> y; \\N\u202e\u0000\ud800';
  const made = target(
    vertexOf({ kind: "scratch" }, [], { name: hostile, stage: hostile }),
    `linux/${hostile}`,
  );

  test("text stays on its lines", () => {
    const text = graphText([made]);
    expect(text.split("\n")).toHaveLength(4);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u);
  });

  test("dot keeps them in their strings", () => {
    const text = graphDot([made]);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u);
    const outside = text.replace(/"(?:[^"\\]|\\.)*"/g, "S");
    expect(outside).not.toMatch(/["\\]|x -> y/);
  });

  test("json has them as they are, but for what no text can hold", () => {
    const text = graphJson([made]);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u);
    const { vertices } = JSON.parse(text) as { vertices: readonly { name: string }[] };
    expect(vertices[0]?.name).toBe(hostile.toWellFormed());
  });

  test("any name gives a line of at most 80 columns", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (name) => {
        const [line = "", ...rest] = graphText([target(vertexOf({ kind: "scratch" }, [], { name }))]).split(
          "\n",
        );
        expect(displayWidth(line)).toBeLessThanOrEqual(80);
        expect(rest).toHaveLength(3);
      }),
    );
  });
});

/** The schema with every object closed, but those that are open on purpose: what is written has to be documented. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return (schema as readonly Json[]).map(closed);
  if (schema === null || typeof schema !== "object") return schema;
  const members = Object.fromEntries(
    Object.entries(schema).map(([name, member]) => [name, member === undefined ? null : closed(member)]),
  );
  return "properties" in members ? { ...members, additionalProperties: false } : members;
}

describe("json", () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true, strictRequired: false });
  const validate = ajv.compile(closed(graphSchema()) as object);
  const digest = digestOf("");
  const owner = { user: "app", group: 100 };
  const mounts: ExecOperation["mounts"] = [
    { kind: "bind", input: 1, source: "/", target: "/src", writable: false },
    {
      kind: "cache",
      id: "go",
      target: "/c",
      sharing: "locked",
      readOnly: false,
      input: 1,
      source: "/",
      ...owned,
    },
    { kind: "tmpfs", target: "/t", sizeBytes: 1 },
    { kind: "secret", id: "s", target: "/s", variable: "S", required: true, ...owned },
    { kind: "ssh", id: "default", target: "/agent", required: false, ...owned },
  ];
  const actions: readonly FileAction[] = [
    { ...(copy(0, "/a", "/b") as Extract<FileAction, { kind: "copy" }>), owner, mode: "u=rwX,go=rX" },
    { kind: "mkdir", path: "/d", mode: 0o755, parents: true, owner },
    { kind: "mkfile", path: "/f", mode: 0o644, data: "" },
    { kind: "rm", path: "/r", allowNotFound: true, allowWildcard: false },
    { kind: "symlink", path: "/l", target: "f" },
  ];
  const scratch = vertexOf({ kind: "scratch" }, [], { name: "scratch" });
  const one = [scratch];
  const two = [scratch, scratch];
  test.each<readonly [Operation, readonly Vertex[]]>([
    [{ kind: "scratch" }, []],
    [{ kind: "image", reference: "alpine", digest, platform }, []],
    [{ kind: "local", name: "context", exclude: ["*.o"], follow: ["/src"] }, []],
    [{ kind: "git", remote: "https://example.test/x.git", keepGitFolder: false }, []],
    [
      {
        kind: "git",
        remote: "https://example.test/x.git",
        ref: "main",
        checksum: "ab",
        subdirectory: "x",
        keepGitFolder: true,
      },
      [],
    ],
    [{ kind: "http", url: "https://example.test/x", checksum: digest, name: "x", ...owned }, []],
    [exec(["true"], { mounts, hostname: "h", shmBytes: 1, ulimits: ["nofile=1:1"] }), two],
    [{ kind: "file", actions }, one],
    [{ kind: "merge" }, one],
    [{ kind: "diff" }, two],
    [{ kind: "packages", plan: { packages: ["x"] }, packages: [{ name: "x", digest }], platform }, []],
  ])("$0.kind is as the schema says, and nothing else", (operation, inputs) => {
    validate(JSON.parse(graphJson([target(vertexOf(operation, inputs, { name: "x" }))])));
    expect(validate.errors).toBeNull();
  });

  test("a whole build", () => {
    const value = JSON.parse(graphJson([goBuild(), goBuild("linux/arm64")])) as {
      targets: readonly { platform: string; digest: string }[];
      vertices: readonly { digest: string; inputs: readonly string[] }[];
    };
    validate(value);
    expect(validate.errors).toBeNull();
    const seen = new Set<string>();
    for (const vertex of value.vertices) {
      expect(vertex.inputs.every((input) => seen.has(input))).toBe(true);
      seen.add(vertex.digest);
    }
    expect(seen.size).toBe(value.vertices.length);
    expect(value.targets.map((made) => seen.has(made.digest))).toEqual([true, true]);
  });

  test.each(["operation", "digest", "inputs", "stage"])("a vertex without %s is none", (member) => {
    const value = JSON.parse(graphJson([goBuild()])) as { vertices: Record<string, unknown>[] };
    delete value.vertices[0]?.[member];
    expect(validate(value)).toBe(false);
  });
});
