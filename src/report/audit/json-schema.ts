// The JSON Schema (draft 2020-12) of an audit's JSON, as docs/reference/audit.schema.json holds it and `distill schema audit`
// prints it. It promises what is there; a reader has to bear members that it doesn't know.
import { levels } from "../../audit/levels.ts";
import { primitives } from "../../audit/primitives.ts";
import { ruleIds, severities } from "../../audit/rules.ts";
import type { Json } from "../../base/canonical-json.ts";

export type Members = Readonly<Record<string, { readonly [key: string]: Json }>>;
export type Schema = { readonly [key: string]: Json };

export const packageTypes: readonly string[] = [
  "deb",
  "apk",
  "rpm",
  "python",
  "npm",
  "gem",
  "go",
  "cargo",
  "java",
  "php",
];

export function object(description: string, members: Members, optional: Members = {}): Schema {
  return {
    type: "object",
    description,
    required: Object.keys(members),
    properties: { ...members, ...optional },
  };
}

export function text(description: string): Schema {
  return { type: "string", description };
}

export function count(description: string): Schema {
  return { type: "integer", minimum: 0, description };
}

function flag(description: string): Schema {
  return { type: "boolean", description };
}

export function list(description: string, items: Schema): Schema {
  return { type: "array", description, items };
}

export function orNull(schema: Schema): Schema {
  const { description = "", ...rest } = schema;
  return { description, anyOf: [rest, { type: "null" }] };
}

export function one(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}

export const string: Schema = { type: "string" };
const digest: Schema = { type: "string", pattern: "^sha256:[0-9a-f]{64}$" };
export const pathBytes: Members = {
  pathBytes: {
    type: "string",
    contentEncoding: "base64",
    description: "The path's bytes, where they are no UTF-8: `path` has U+FFFD for them then.",
  },
};

export function auditSchema(): Json {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "distill audit --format json",
    description:
      "How distroless an image is, and why. Members are only ever added. With several images: JSON lines, one such object a line.",
    ...object("One image.", {
      schemaVersion: { const: 1 },
      image: imageSchema(),
      verdict: verdictSchema(),
      findings: list("Of the merged tree and the config, worst first.", one("finding")),
      residue: list("Of what only lower layers hold. They move no level, but for secrets.", one("finding")),
      summary: summarySchema(),
      unknown: list(
        "Files whose content can't be told. Each has a finding as well.",
        object("A file.", { path: path("In the image."), why: text("packed with UPX 3.96") }, pathBytes),
      ),
      primitives: list(
        "What whoever starts a program of the image can do with it, those that the application needs included.",
        one("primitiveUse"),
      ),
      startup: list("What the start runs.", one("startupStep")),
      packages: list("As the databases and programs of the image tell of them.", one("packageRow")),
      layers: list("From the bottom up; none for a bare tree.", layerSchema()),
      config: configSchema(),
    }),
    $defs: auditDefinitions(),
  };
}

/** What several members have in common, by name. */
export function auditDefinitions(): Members {
  return {
    level: { enum: levels, description: "Worst first; levels.md tells what each takes." },
    severity: { enum: severities },
    primitive: { enum: primitives },
    digest,
    techniques: list("ATT&CK technique ids.", { type: "string", pattern: "^T[0-9]{4}(\\.[0-9]{3})?$" }),
    finding: findingSchema(),
    package: packageSchema({}),
    packageRow: packageSchema({
      files: count("Its regular files in the image."),
      sizeBytes: count("Of their content."),
    }),
    primitiveUse: primitiveUseSchema(),
    startupStep: startupStepSchema(),
  };
}

export function path(description: string): Schema {
  return { type: "string", pattern: "^/", description };
}

export function imageSchema(): Schema {
  return object("What was looked at.", {
    reference: text("As the user named it."),
    digest: orNull({ ...one("digest"), description: "Of the manifest; null for a bare tree." }),
    platform: text("linux/amd64"),
  });
}

export function verdictSchema(): Schema {
  return object("The answer.", {
    level: { ...one("level"), description: "What is proven: unknown content is taken for the worst." },
    determinate: flag("False where unknown content decides."),
    atBest: { ...one("level"), description: "What the image is if all unknown content is harmless." },
    accepted: orNull({
      ...one("level"),
      description:
        "The level without what a policy waives, which gates compare; null where nothing is waived.",
    }),
    score: {
      type: "integer",
      minimum: 0,
      maximum: 100,
      description: "For trends. It never lifts a level: each level has its own range.",
    },
    ruleSet: text("The version of the rules that define levels and findings."),
  });
}

function findingSchema(): Schema {
  return object(
    "One thing found.",
    {
      key: text("The same in the next build where the same is found; baselines are lists of these."),
      rule: { enum: ruleIds, description: "rules.md explains each." },
      severity: one("severity"),
      atMost: orNull({
        ...one("level"),
        description: "The best level with it; null where it moves no level.",
      }),
      path: orNull(path("Null where it is no file's.")),
      what: text("BusyBox 1.35.0 (static, 300 applets)"),
      evidence: list("What it stands on.", string),
      checks: list(
        "For each evidence a command that shows it; FILE stands for the file, CONFIG for the image's config.",
        orNull(string),
      ),
      layer: orNull({ ...one("digest"), description: "The layer that brought it." }),
      package: orNull({ ...one("package"), description: "The package that brought it." }),
      primitives: list("What it gives whoever can start it.", one("primitive")),
      techniques: one("techniques"),
      reason: orNull(
        list("Why the entrypoint needs it, a step each; null where nothing says that it does.", string),
      ),
      waived: orNull(
        object("Why a policy lets it be. It still counts for the level.", {
          reason: string,
          expires: orNull({ type: "string", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        }),
      ),
    },
    pathBytes,
  );
}

function summarySchema(): Schema {
  const each = (names: readonly string[], description: string): Members =>
    Object.fromEntries(names.map((name) => [name, count(description)]));
  return object("Counts.", {
    files: count("Regular files of the merged tree."),
    bytes: count("Of their content; names of one inode count once."),
    elf: count("ELF files."),
    scripts: count("Scripts: files that begin with #!."),
    explainedBytes: count("Of files that the entrypoint explains, or that are a package's data."),
    packages: count("Packages."),
    primitives: object("Files for each primitive.", each(primitives, "Files.")),
    findings: object("Findings that aren't waived, residue too.", each(severities, "Findings.")),
  });
}

function primitiveUseSchema(): Schema {
  const by = text("What tells it: BusyBox 1.35.0, imports execve");
  const needed = flag("Whether the entrypoint needs the file: that risk is the application's own.");
  return object("One primitive over the whole image.", {
    primitive: one("primitive"),
    techniques: one("techniques"),
    files: list(
      "Files that give it.",
      object("A file.", { path: path("In the image."), by, needed }, pathBytes),
    ),
  });
}

function startupStepSchema(): Schema {
  return object(
    "One command.",
    {
      from: text(
        '"entrypoint", "command", "healthcheck", or a script\'s path and line: "/entrypoint.sh:12".',
      ),
      command: text("As written, shortened."),
      kind: { enum: ["program", "script", "shell", "builtin", "missing", "dynamic"] },
      path: orNull(path("Where the program is; null where it isn't there.")),
    },
    pathBytes,
  );
}

function packageSchema(more: Members): Schema {
  return object("A package.", {
    type: { enum: packageTypes },
    name: string,
    version: string,
    architecture: orNull(string),
    ...more,
  });
}

export function layerSchema(): Schema {
  return object("A layer.", {
    digest: { ...one("digest"), description: "Of the blob as stored." },
    compressedBytes: count("Of the blob."),
    files: count("Regular files in it."),
    visibleFiles: count("Those of them that the merged tree shows."),
    sizeBytes: count("Of its files' content."),
    residueBytes: count("Of that what a later layer deletes or replaces."),
    createdBy: orNull(text("The history entry's command.")),
  });
}

function configSchema(): Schema {
  const strings = (description: string): Schema => list(description, string);
  return object("What the image's config says.", {
    user: text("As written; empty where it isn't set."),
    entrypoint: strings("Arguments."),
    command: strings("Arguments."),
    healthcheck: strings("As written: its first item is CMD or CMD-SHELL."),
    workingDir: string,
    ports: strings("5432/tcp"),
    volumes: strings("Paths."),
    environment: strings("Names only: a value may be a secret."),
    labels: { type: "object", additionalProperties: string },
  });
}
