// The fields of `run`, and those that other phases share with it.
import type { Field, ListShape, ObjectShape, Shape, TextShape } from "../../formats/document/shape.ts";

/** One argument of a program. */
const argument: TextShape = { kind: "text", format: "any", integers: "canonical" };

const argumentList: ListShape = { kind: "list", item: argument, min: 1 };

/** A program and its arguments, without a shell. */
export const argv: Shape = {
  kind: "either",
  list: argumentList,
  hint: "write a list, the program and each argument an item: [/usr/bin/app, --port, 80]",
};

export const packages: Field = {
  shape: { kind: "list", item: { kind: "text", format: "package" }, min: 1, unique: true },
  description:
    'Packages by name; their dependencies come with them. "!name" leaves one out that a dependency would bring; name=1.2* chooses a version.',
  example: '[postgresql-15, "!debconf"]',
};

export const volumes: Field = {
  shape: { kind: "list", item: { kind: "text", format: "absolute path" }, unique: true },
  description: "Folders that outlive the container.",
  example: "[/var/lib/postgresql/data]",
};

export const env: Field = {
  shape: {
    kind: "map",
    key: "variable name",
    value: {
      kind: "either",
      scalar: argument,
      hint: "a secret has no place in an image: give it when the container starts, or in init",
    },
  },
  description: "Environment variables.",
  example: "{LANG: C.UTF-8}",
};

const owner: Field = {
  shape: { kind: "text", format: "user", integers: "canonical" },
  description: "The owner, by name or number, which may end in :group.",
  example: "postgres",
  default: "root",
};

const fileMode: Shape = { kind: "text", format: "mode", integers: "as-written" };

export const copy: ObjectShape = {
  kind: "object",
  name: "copy",
  fields: {
    from: {
      shape: { kind: "text", format: "word" },
      description: 'The stage of `build` to copy from, or "context" for the folder of the spec.',
      example: "app",
      required: true,
    },
    source: {
      shape: { kind: "text", format: "source" },
      description:
        "The file or folder: an absolute path in the stage, or a path below the folder of the spec.",
      example: "/out/app",
      required: true,
    },
    target: {
      shape: { kind: "text", format: "absolute path" },
      description:
        "Where it goes: the full path of the file, or of the folder that gets the folder's content.",
      example: "/usr/local/bin/app",
      required: true,
    },
    mode: {
      shape: fileMode,
      description: "The mode of the copied files, in octal with a leading zero.",
      example: "0755",
      default: "as at the source",
    },
    owner,
  },
};

const file: ObjectShape = {
  kind: "object",
  name: "file",
  fields: {
    text: {
      shape: { kind: "text", format: "any" },
      description: "The content.",
      example: '"listen 8080\\n"',
      required: true,
    },
    mode: {
      shape: fileMode,
      description: "The mode, in octal with a leading zero.",
      example: "0600",
      default: "0644",
    },
    owner,
  },
};

const directory: ObjectShape = {
  kind: "object",
  name: "directory",
  fields: {
    mode: {
      shape: fileMode,
      description: "The mode, in octal with a leading zero.",
      example: "0775",
      default: "0755",
    },
    owner,
  },
};

const user: ObjectShape = {
  kind: "object",
  name: "user",
  fields: {
    uid: {
      shape: { kind: "integer", min: 0, max: 2_147_483_647 },
      description: "The user's number.",
      example: "70",
      required: true,
    },
    gid: {
      shape: { kind: "integer", min: 0, max: 2_147_483_647 },
      description: "The group's number.",
      example: "70",
      default: "the uid",
    },
    group: {
      shape: { kind: "text", format: "user name" },
      description: "The group's name.",
      example: "postgres",
      default: "the user's name",
    },
    home: {
      shape: { kind: "text", format: "absolute path" },
      description: "The home folder that /etc/passwd names. It is not made.",
      example: "/var/lib/postgresql",
      default: "/nonexistent",
    },
  },
};

const duration: Shape = { kind: "text", format: "duration" };

const healthcheck: ObjectShape = {
  kind: "object",
  name: "healthcheck",
  fields: {
    command: {
      shape: argv,
      description: "The program that tells whether the container works. There is no shell to run it.",
      example: "[/usr/lib/postgresql/15/bin/pg_isready]",
      required: true,
    },
    interval: { shape: duration, description: "The time between two checks.", example: "30s" },
    timeout: { shape: duration, description: "When a check counts as failed.", example: "5s" },
    "start-period": {
      shape: duration,
      description: "How long failures at the start don't count.",
      example: "1m",
    },
    retries: {
      shape: { kind: "integer", min: 1, max: 1000 },
      description: "How many failures in a row mean unhealthy.",
      example: "3",
    },
  },
};

const effect: ObjectShape = {
  kind: "object",
  name: "effect",
  fields: {
    ignore: {
      shape: { kind: "text", format: "word" },
      description: "Why what the package's scripts would do is not needed in this image.",
      example: '"the cache is made at the first start"',
      required: true,
    },
  },
};

/** The signals of signal(7) that have one name on every platform. */
const signals: readonly string[] = [
  ...[
    "HUP",
    "INT",
    "QUIT",
    "ILL",
    "TRAP",
    "ABRT",
    "BUS",
    "FPE",
    "KILL",
    "USR1",
    "SEGV",
    "USR2",
    "PIPE",
    "ALRM",
    "TERM",
  ],
  ...[
    "CHLD",
    "CONT",
    "STOP",
    "TSTP",
    "TTIN",
    "TTOU",
    "URG",
    "XCPU",
    "XFSZ",
    "VTALRM",
    "PROF",
    "WINCH",
    "IO",
    "PWR",
  ],
  ...["SYS", "RTMIN", "RTMIN+3", "RTMAX"],
].map((name) => `SIG${name}`);

function signalMeant(text: string): string | undefined {
  return signals.find((signal) => signal === `SIG${text.toUpperCase().replace(/^SIG/, "")}`);
}

const globs: Shape = { kind: "list", item: { kind: "text", format: "glob" }, min: 1, unique: true };

export const run: ObjectShape = {
  kind: "object",
  name: "run",
  renamed: { cmd: "command", args: "command", environment: "env", expose: "ports", workdir: "working-dir" },
  fields: {
    packages,
    copy: {
      shape: { kind: "list", item: copy },
      description:
        "Files from build stages, or from the folder of the spec. A shared library that a file from a stage needs, and that no package of `run` has, is taken from that stage as well, and told.",
      example: "[{from: app, source: /out/app, target: /usr/local/bin/app}]",
    },
    files: {
      shape: { kind: "map", key: "absolute path", value: file },
      description: "Small text files, by path.",
      example: "{/etc/app.conf: {text: hello, mode: 0644}}",
    },
    keep: {
      shape: globs,
      description: "Paths that stay although nothing was seen to need them.",
      example: "[/usr/share/zoneinfo/**]",
    },
    drop: {
      shape: globs,
      description: "Paths that go although something names them.",
      example: "[/usr/share/locale/**]",
    },
    users: {
      shape: { kind: "map", key: "user name", value: user },
      description: "Users (each with its group) that are added to /etc/passwd and /etc/group.",
      example: "{postgres: {uid: 70, home: /var/lib/postgresql}}",
    },
    directories: {
      shape: { kind: "map", key: "absolute path", value: directory },
      description: "Folders that are made, by path.",
      example: "{/var/run/postgresql: {owner: postgres, mode: 0775}}",
    },
    links: {
      shape: { kind: "map", key: "absolute path", value: { kind: "text", format: "word" } },
      description: "Symbolic links that are made: path to target.",
      example: "{/usr/local/bin/app: ../lib/app/main}",
    },
    effects: {
      shape: { kind: "map", key: "package name", value: effect },
      description: "What is declared of packages whose scripts do something that is not modelled.",
      example: '{some-package: {ignore: "its cache is made at the first start"}}',
    },
    alternatives: {
      shape: { kind: "map", key: "alternative name", value: { kind: "text", format: "absolute path" } },
      description: "Which program an alternative stands for, where it is not the one of highest priority.",
      example: "{java: /usr/lib/jvm/java-17-openjdk-amd64/bin/java}",
    },
    user: {
      shape: { kind: "text", format: "user", integers: "canonical" },
      description:
        "Who the program runs as: a name of `users` or of a package, or a number; it may end in :group.",
      example: "postgres",
      default: "root",
    },
    entrypoint: {
      shape: argv,
      description: "The program that the container runs, and its fixed arguments.",
      example: "[/usr/lib/postgresql/15/bin/postgres]",
      required: true,
    },
    command: {
      shape: argv,
      description: "Arguments that whoever starts the container may replace.",
      example: "[-D, /var/lib/postgresql/data]",
    },
    env,
    "working-dir": {
      shape: { kind: "text", format: "absolute path" },
      description: "The folder that the program starts in.",
      example: "/srv",
      default: "/",
    },
    ports: {
      shape: { kind: "list", item: { kind: "text", format: "port", integers: "canonical" }, unique: true },
      description: "Ports that the program listens on; /tcp where none is named.",
      example: "[5432, 53/udp]",
    },
    volumes,
    "stop-signal": {
      shape: { kind: "choice", what: "signal", values: signals, nearest: signalMeant },
      description: "The signal that asks the program to end.",
      example: "SIGINT",
      default: "SIGTERM",
    },
    healthcheck: {
      shape: healthcheck,
      description: "How an engine finds out whether the container works.",
      example: "{command: [/usr/bin/app, --check], interval: 30s}",
    },
    labels: {
      shape: { kind: "map", key: "label name", value: argument },
      description: "Labels of the image.",
      example: "{org.opencontainers.image.title: PostgreSQL}",
    },
  },
};
