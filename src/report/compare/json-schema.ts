// The JSON Schema (draft 2020-12) of a comparison's JSON, as docs/reference/diff.schema.json holds it.
import type { Json } from "../../base/canonical-json.ts";
import {
  auditDefinitions,
  count,
  imageSchema,
  layerSchema,
  list,
  object,
  one,
  orNull,
  packageTypes,
  path,
  pathBytes,
  type Schema,
  string,
  text,
  verdictSchema,
} from "../audit/json-schema.ts";

const roles = ["entrypoint-runtime", "closure", "declared", "package-data", "unproven", "foreign"];
const kinds = ["elf", "script", "archive", "text", "data"];

export function diffSchema(): Json {
  const lists = (description: string, item: Schema, ...names: readonly string[]): Schema =>
    object(description, Object.fromEntries(names.map((name) => [name, list(`${name}.`, item)])));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "distill diff --format json",
    ...object("What differs between two images. Members are only ever added.", {
      schemaVersion: { const: 1 },
      before: sideSchema(),
      after: sideSchema(),
      same: { type: "boolean", description: "Nothing differs but names, digests and totals." },
      primitives: list("What whoever breaks in gained and lost.", primitiveSchema()),
      findings: lists(
        "By key: the same finding in another version is in neither.",
        one("finding"),
        "appeared",
        "gone",
      ),
      residue: lists("Of what only lower layers hold.", one("finding"), "appeared", "gone"),
      config: list(
        "What differs in the config; null where an image doesn't have it.",
        object("A value.", {
          what: text("user, entrypoint, port, volume, environment, label org.example ..."),
          before: orNull(string),
          after: orNull(string),
        }),
      ),
      packages: list("By type, name and architecture.", packageSchema()),
      files: filesSchema(),
      layers: object("By digest.", {
        shared: count("Layers that both have."),
        added: list("Only the second image's.", layerSchema()),
        removed: list("Only the first image's.", layerSchema()),
      }),
    }),
    $defs: { ...auditDefinitions(), file: fileSchema() },
  };
}

function sideSchema(): Schema {
  return object("One of the images.", {
    image: imageSchema(),
    verdict: verdictSchema(),
    files: count("Regular files of the merged tree."),
    elf: count("ELF files."),
    bytes: count("Of the files' content."),
    packages: count("Packages."),
    compressedBytes: count("Of all layers, as they are transferred."),
  });
}

function primitiveSchema(): Schema {
  const paths = (description: string): Schema =>
    list(description, object("A file.", { path: path("In the image.") }, pathBytes));
  const offering = object("Files that offer it.", {
    needed: paths("Those that the entrypoint needs."),
    unneeded: paths("Those that it doesn't."),
  });
  return object("A primitive.", {
    primitive: one("primitive"),
    kind: {
      enum: ["gained", "lost", "shifted"],
      description:
        "gained: it wasn't there, or only where the entrypoint needs it, and is there unneeded. shifted: by other files.",
    },
    before: offering,
    after: offering,
  });
}

function packageSchema(): Schema {
  return object("A package.", {
    type: { enum: packageTypes },
    name: string,
    architecture: orNull(string),
    kind: { enum: ["added", "removed", "upgraded", "downgraded", "changed"] },
    before: list("Versions that only the first image has.", string),
    after: list("Versions that only the second image has.", string),
  });
}

function filesSchema(): Schema {
  const both = { before: one("file"), after: one("file") };
  return object("Regular files.", {
    added: list("Only in the second image.", one("file")),
    removed: list("Only in the first image.", one("file")),
    changed: list(
      "In both, and not the same.",
      object(
        "A file.",
        {
          path: path("In both images."),
          aspects: list("What differs.", { enum: ["content", "size", "kind", "role"] }),
          ...both,
        },
        pathBytes,
      ),
    ),
    moved: list("The same content under another path.", object("A file.", both)),
  });
}

function fileSchema(): Schema {
  return object(
    "A file.",
    {
      path: path("In the image."),
      digest: orNull({ ...one("digest"), description: "Of the content." }),
      sizeBytes: count("Of the content."),
      kind: { enum: kinds },
      role: { enum: roles },
      identities: list("What it was recognised as.", string),
      primitives: list("What it offers.", one("primitive")),
    },
    pathBytes,
  );
}
