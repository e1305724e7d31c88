// The fields of the build stages and of `init`.

import type { Field, ObjectShape, Shape } from "../../formats/document/shape.ts";
import { argv, copy, env, packages, volumes } from "./fields-run.ts";

const image: Field = {
  shape: { kind: "text", format: "image" },
  description: "The image to start from, instead of packages.",
  example: "golang:1.21.5-alpine",
};

const commandOrShell: Shape = {
  kind: "either",
  scalar: { kind: "text", format: "script" },
  list: { kind: "list", item: { kind: "text", format: "any", integers: "canonical" }, min: 1 },
};

const stepSecret: ObjectShape = {
  kind: "object",
  name: "step secret",
  fields: {
    id: {
      shape: { kind: "text", format: "secret" },
      description: "The secret's name, as `distill build --secret id=NAME,src=FILE` has it.",
      example: "token",
      required: true,
    },
    target: {
      shape: { kind: "text", format: "absolute path" },
      description: "The file that holds it while the command runs: in memory, and in no layer.",
      example: "/root/.netrc",
      default: "/run/secrets/ and the id, where no env is given",
    },
    env: {
      shape: { kind: "text", format: "variable name" },
      description: "The environment variable that holds it while the command runs.",
      example: "TOKEN",
    },
  },
};

const step: ObjectShape = {
  kind: "object",
  name: "step",
  oneOf: ["run", "copy"],
  needs: { cache: "run", env: "run", network: "run", secrets: "run", user: "run", "working-dir": "run" },
  fields: {
    run: {
      shape: commandOrShell,
      description: "A command: a text for the stage's shell (/bin/sh -c), or a list without a shell.",
      example: "go build -o /out/app .",
    },
    copy: {
      shape: copy,
      description:
        "Files into the stage. What the .dockerignore of the context leaves out isn't there to be copied.",
      example: "{from: context, source: ., target: /src}",
    },
    cache: {
      shape: { kind: "list", item: { kind: "text", format: "absolute path" }, min: 1, unique: true },
      description: "Folders that are kept from one build to the next, and are not part of the result.",
      example: "[/root/.cache/go-build]",
    },
    "working-dir": {
      shape: { kind: "text", format: "absolute path" },
      description: "The folder that the command runs in. It is made where it isn't there.",
      example: "/src",
      default: "the image's own, else /",
    },
    env: {
      ...env,
      description: "Environment variables of the command, beside PATH and those of the stage's image.",
      example: '{CGO_ENABLED: "0"}',
    },
    user: {
      shape: { kind: "text", format: "user", integers: "canonical" },
      description: "Who the command runs as.",
      example: '"1000:1000"',
      default: "the image's own, else root",
    },
    network: {
      shape: { kind: "choice", what: "network", values: ["default", "none"] },
      description: "`none` leaves the command without a network.",
      example: "none",
      default: "default",
    },
    secrets: {
      shape: { kind: "list", item: stepSecret, min: 1 },
      description:
        "Secrets of `distill build --secret` that the command sees. They are in no layer and no key.",
      example: "[{id: token, env: TOKEN}]",
    },
  },
};

export const buildStage: ObjectShape = {
  kind: "object",
  name: "build stage",
  oneOf: ["packages", "image"],
  fields: {
    packages: {
      ...packages,
      description: `${packages.description} Debian's essential packages (a shell, coreutils, tar ...) come along. Scripts of packages are not run: what they would do is modelled, and where it isn't, the build says so and goes on, since a stage never ships.`,
      example: "[gcc, libc6-dev, make]",
    },
    image: {
      ...image,
      description: "The image to start from, instead of packages. The lock pins what its name means.",
    },
    steps: {
      shape: { kind: "list", item: step },
      description: "What is done in the stage, in order.",
      example: "[{run: make}]",
    },
  },
};

const secret: ObjectShape = {
  kind: "object",
  name: "secret",
  fields: {
    secret: {
      shape: { kind: "text", format: "secret" },
      description:
        "The name of the secret that holds the value, or name/key. The value itself is never stored.",
      example: "pg-admin/password",
      required: true,
    },
  },
};

export const initPhase: ObjectShape = {
  kind: "object",
  name: "init",
  oneOf: ["packages", "image"],
  fields: {
    packages,
    image,
    command: {
      shape: argv,
      description: "The program that prepares the volumes, and its arguments.",
      example: "[docker-ensure-initdb.sh]",
      default: "the image's own",
    },
    env: {
      shape: {
        kind: "map",
        key: "variable name",
        value: {
          kind: "either",
          scalar: { kind: "text", format: "any", integers: "canonical" },
          map: secret,
          hint: "write a text, or {secret: name/key}",
        },
      },
      description: "Environment variables, whose values may be secrets.",
      example: "{POSTGRES_PASSWORD: {secret: pg-admin/password}}",
    },
    volumes,
    user: {
      shape: { kind: "text", format: "user", integers: "canonical" },
      description: "Who the command runs as.",
      example: '"70:70"',
      default: "the image's own, else root",
    },
  },
};
