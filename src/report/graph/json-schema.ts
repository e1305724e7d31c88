// The JSON Schema (draft 2020-12) of a graph's JSON, as docs/reference/graph.schema.json holds it. Operations are those of
// graph/operation.ts.
import type { Json } from "../../base/canonical-json.ts";
import {
  count,
  list,
  type Members,
  object,
  one,
  orNull,
  type Schema,
  string,
  text,
} from "../audit/json-schema.ts";

const digest: Schema = { type: "string", pattern: "^sha256:[0-9a-f]{64}$" };
const flag: Schema = { type: "boolean" };
const strings = (description: string): Schema => list(description, string);
const input: Schema = { type: "integer", minimum: 0, description: "An index into the vertex's inputs." };
const owners: Members = { mode: count("Permission bits."), uid: count("Owner."), gid: count("Group.") };

export function graphSchema(): Json {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "distill graph --format json",
    ...object("What a build does. Members are only ever added.", {
      schemaVersion: { const: 1 },
      vertices: list("Inputs before what they are inputs of.", one("vertex")),
      targets: list("An image for each platform.", targetSchema()),
    }),
    $defs: {
      vertex: vertexSchema(),
      operation: operationSchema(),
      mount: mountSchema(),
      action: actionSchema(),
    },
  };
}

function targetSchema(): Schema {
  return object("An image.", {
    platform: text("linux/amd64 ..."),
    digest: { ...digest, description: "Of the vertex that is its file system." },
    config: { type: "object", description: "The OCI image config, but for rootfs and history." },
    history: list("The OCI image config's history.", { type: "object" }),
  });
}

function vertexSchema(): Schema {
  return object("A step.", {
    digest: { ...digest, description: "Of the operation and of the inputs' digests." },
    name: text("For people: [build 3/5] RUN make."),
    stage: orNull(string),
    place: orNull(
      object("The instruction that asked for it.", {
        file: string,
        line: { type: "integer", minimum: 1 },
        column: { type: "integer", minimum: 1 },
      }),
    ),
    ignoreCache: { ...flag, description: "It is done although its result is known." },
    inputs: list("What it is made of.", digest),
    operation: one("operation"),
  });
}

/** An object that `kind` tells from its likes. */
function kindOf(kind: string, members: Members = {}, optional: Members = {}): Schema {
  return object(`${kind}.`, { kind: { const: kind }, ...members }, optional);
}

function operationSchema(): Schema {
  return {
    description: "What is done; the members are those of its kind.",
    oneOf: [
      kindOf("scratch"),
      kindOf("image", { reference: string, platform: string }, { digest }),
      kindOf("local", { name: string, exclude: strings("Patterns."), follow: strings("Patterns.") }),
      kindOf(
        "git",
        { remote: string, keepGitFolder: flag },
        { ref: string, checksum: string, subdirectory: string },
      ),
      kindOf("http", { url: string, name: string, ...owners }, { checksum: digest }),
      kindOf(
        "exec",
        {
          argv: strings("The program and its arguments."),
          env: strings("NAME=value."),
          workingDir: string,
          user: string,
          mounts: list("What it sees beside its root.", one("mount")),
          network: { enum: ["default", "none", "host"] },
          extraHosts: strings("name=address."),
          ulimits: strings("nofile=1024:2048."),
          platform: string,
        },
        { hostname: string, shmBytes: count("Of /dev/shm.") },
      ),
      kindOf("file", { actions: list("In their order.", one("action")) }),
      kindOf("merge"),
      kindOf("diff"),
      kindOf(
        "packages",
        {
          plan: {},
          packages: list("Locked packages.", object("A package.", { name: string, digest })),
          platform: string,
        },
        { program: string },
      ),
    ],
  };
}

function mountSchema(): Schema {
  return {
    description: "A mount of a command; the members are those of its kind.",
    oneOf: [
      kindOf("bind", { input, source: string, target: string, writable: flag }),
      kindOf(
        "cache",
        {
          id: string,
          target: string,
          sharing: { enum: ["shared", "private", "locked"] },
          readOnly: flag,
          ...owners,
        },
        { input, source: string },
      ),
      kindOf("tmpfs", { target: string }, { sizeBytes: count("Its size.") }),
      kindOf("secret", { id: string, required: flag, ...owners }, { target: string, variable: string }),
      kindOf("ssh", { id: string, target: string, required: flag, ...owners }),
    ],
  };
}

function actionSchema(): Schema {
  const name: Schema = { anyOf: [string, { type: "integer" }] };
  const owner = object("User and group, by name or number.", { user: name }, { group: name });
  const mode = count("Permission bits.");
  return {
    description: "A change of files; the members are those of its kind.",
    oneOf: [
      kindOf(
        "copy",
        {
          input,
          source: string,
          target: string,
          allowWildcard: flag,
          allowEmptyWildcard: flag,
          contentsOnly: flag,
          followLinks: flag,
          unpack: flag,
          parents: flag,
          exclude: strings("Patterns."),
        },
        { owner, mode: text("Octal digits, or chmod's symbols.") },
      ),
      kindOf("mkdir", { path: string, mode, parents: flag }, { owner }),
      kindOf("mkfile", { path: string, mode, data: text("Base64.") }, { owner }),
      kindOf("rm", { path: string, allowNotFound: flag, allowWildcard: flag }),
      kindOf("symlink", { path: string, target: string }, { owner }),
    ],
  };
}
