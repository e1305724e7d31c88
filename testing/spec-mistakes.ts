// Mistakes that people make in a distill.yaml. The golden test shows what each of them is told; the schema's test checks
// that an editor with the schema sees those that are a matter of shape.

export interface Mistake {
  readonly summary: string;
  readonly text: string;
  /** Only the parser can see it: it takes the file as written, or more than one place of it. */
  readonly beyondSchema?: true;
}

const head = "apiVersion: distill/v1\nname: app\n";
const run = "run:\n  packages: [nginx]\n  entrypoint: [/usr/sbin/nginx]\n";

/** Lines added to a valid `run`. */
const inRun = (lines: string): string => `${head}${run}  ${lines}\n`;
/** Lines beside a valid `run`. */
const beside = (lines: string): string => `${head}${lines}\n${run}`;

export const specMistakes: readonly Mistake[] = [
  // YAML itself
  { summary: "nothing in the file", text: "# nothing\n" },
  { summary: "a tab as indentation", text: `${head}run:\n\tpackages: [nginx]\n`, beyondSchema: true },
  {
    summary: "an open bracket",
    text: `${head}run:\n  packages: [nginx\n  entrypoint: [/x]\n`,
    beyondSchema: true,
  },
  { summary: "an open quote", text: `${head}run: "x\n`, beyondSchema: true },
  {
    summary: "indentation that fits nothing",
    text: `${head}run:\n    user: a\n  packages: [b]\n`,
    beyondSchema: true,
  },
  { summary: "a second colon on a line", text: inRun("user: a: b"), beyondSchema: true },
  { summary: "a reserved character", text: inRun("user: @app"), beyondSchema: true },
  { summary: "an unknown escape", text: inRun('user: "\\d"'), beyondSchema: true },
  { summary: "a line without a colon", text: `${head}run\nx: y\n`, beyondSchema: true },
  { summary: "two documents", text: `${head}${run}---\n${head}`, beyondSchema: true },
  {
    summary: "a tag instead of an exclusion",
    text: `${head}run:\n  packages: [nginx, !debconf]\n  entrypoint: [/x]\n`,
    beyondSchema: true,
  },
  { summary: "a merge key", text: `${head}run:\n  <<: {user: a}\n  packages: [nginx]\n  entrypoint: [/x]\n` },
  { summary: "a key given twice", text: inRun("user: a\n  user: b"), beyondSchema: true },
  { summary: "an alias without an anchor", text: inRun("env: *common"), beyondSchema: true },
  { summary: "a list as a key", text: inRun("env: {[a, b]: c}"), beyondSchema: true },
  { summary: "a list instead of a spec", text: "- a\n" },
  // Fields
  { summary: "an unknown apiVersion", text: `apiVersion: distill/v2\nname: app\n${run}` },
  { summary: "no apiVersion", text: `name: app\n${run}` },
  { summary: "no run", text: head },
  { summary: "no entrypoint", text: `${head}run:\n  packages: [nginx]\n` },
  { summary: "a misspelt field", text: `${head}run:\n  packages: [nginx]\n  entrypont: [/usr/sbin/nginx]\n` },
  { summary: "a field of Dockerfiles", text: inRun("workdir: /srv") },
  { summary: "a field in camel case", text: inRun("stopSignal: SIGTERM") },
  { summary: "a field of Compose", text: inRun("environment: {A: b}") },
  { summary: "a field without a near name", text: inRun("zzzzzzzzz: 1") },
  { summary: "a field without a value", text: inRun("user:") },
  // Types
  { summary: "a text instead of a list", text: `${head}run:\n  packages: nginx\n  entrypoint: [/x]\n` },
  {
    summary: "the shell form of an entrypoint",
    text: `${head}run:\n  packages: [nginx]\n  entrypoint: nginx -g off\n`,
  },
  { summary: "a list of variables", text: inRun("env: [LANG=C.UTF-8]") },
  { summary: "a map instead of a text", text: inRun("user: {name: app}") },
  { summary: "a secret in the image", text: inRun("env: {PASSWORD: {secret: db/password}}") },
  { summary: "an empty list", text: inRun("command: []") },
  { summary: "a text instead of a number", text: inRun('users: {app: {uid: "70"}}') },
  { summary: "a text instead of a boolean", text: beside("repositories: [{debian: sid, trusted: no}]") },
  // Numbers and other things that YAML makes of texts
  { summary: "a version that is a number", text: inRun("labels: {version: 3.10}") },
  { summary: "a boolean in a variable", text: inRun("env: {DEBUG: true}") },
  { summary: "nothing in a variable", text: inRun("env: {DEBUG: }") },
  { summary: "a number with leading zeros", text: inRun("command: [--id, 007]"), beyondSchema: true },
  { summary: "a hexadecimal number", text: inRun("command: [--id, 0x1F]"), beyondSchema: true },
  { summary: "a release by its number", text: beside("repositories: [{debian: 12}]") },
  // Values
  { summary: "an upper-case name", text: `apiVersion: distill/v1\nname: App\n${run}` },
  { summary: "a platform by the kernel's name", text: beside("platforms: [linux/x86_64]") },
  { summary: "a platform that is not built", text: beside("platforms: [windows/amd64]") },
  { summary: "a platform given twice", text: beside("platforms: [linux/amd64, linux/amd64]") },
  {
    summary: "a package with an architecture",
    text: `${head}run:\n  packages: ["libc6:arm64"]\n  entrypoint: [/x]\n`,
  },
  {
    summary: "a package with a relation",
    text: `${head}run:\n  packages: [nginx >= 1.22]\n  entrypoint: [/x]\n`,
  },
  {
    summary: "two packages in one item",
    text: `${head}run:\n  packages: [nginx curl]\n  entrypoint: [/x]\n`,
  },
  {
    summary: "an exclusion with a version",
    text: `${head}run:\n  packages: ["!nginx=1"]\n  entrypoint: [/x]\n`,
  },
  { summary: "a relative path", text: inRun("volumes: [data]") },
  { summary: "a path with ..", text: inRun("files: {/etc/../x: {text: a}}") },
  { summary: "a path with a slash at its end", text: inRun("working-dir: /srv/") },
  { summary: "a decimal mode", text: inRun("files: {/etc/x: {text: a, mode: 644}}"), beyondSchema: true },
  { summary: "a mode of digits that are not octal", text: inRun('files: {/etc/x: {text: a, mode: "0689"}}') },
  { summary: "a variable name with a dash", text: inRun("env: {MY-VAR: a}") },
  { summary: "a port out of range", text: inRun("ports: [70000]") },
  { summary: "a mapping of ports", text: inRun('ports: ["8080:80"]') },
  { summary: "an unknown protocol", text: inRun("ports: [53/upd]") },
  { summary: "a duration without a unit", text: inRun('healthcheck: {command: [/x], interval: "30"}') },
  { summary: "a duration in words", text: inRun("healthcheck: {command: [/x], timeout: 5 seconds}") },
  { summary: "a signal without SIG", text: inRun("stop-signal: INT") },
  { summary: "a glob of two stars within a name", text: inRun("keep: [/usr/lib**]") },
  { summary: "a uid that is negative", text: inRun("users: {app: {uid: -1}}") },
  {
    summary: "a mirror with a password",
    text: beside("repositories: [{debian: sid, mirror: https://me:pw@mirror.example}]"),
  },
  { summary: "an image reference with spaces", text: beside("build: {a: {image: my image}}") },
  { summary: "a stage called context", text: beside("build: {context: {packages: [make]}}") },
  { summary: "a secret's name with spaces", text: beside("init: {image: a, env: {A: {secret: my secret}}}") },
  // What takes more than one field
  {
    summary: "a stage of packages and an image",
    text: beside("build: {a: {packages: [make], image: golang}}"),
  },
  {
    summary: "a step that does nothing",
    text: beside("build: {a: {packages: [make], steps: [{env: {A: b}}]}}"),
  },
  {
    summary: "a cache without a command",
    text: beside(
      "build: {a: {packages: [make], steps: [{copy: {from: context, source: ., target: /s}, cache: [/c]}]}}",
    ),
  },
  { summary: "a test of two kinds", text: `${head}${run}test: [{run: [/x], absent: [/y]}]\n` },
  {
    summary: "an expectation without a program",
    text: `${head}${run}test: [{absent: [/x], stdout: {contains: a}}]\n`,
  },
  {
    summary: "an output matched in two ways",
    text: `${head}${run}test: [{run: [/x], stdout: {contains: a, equals: b}}]\n`,
  },
  {
    summary: "a pattern that is no pattern",
    text: `${head}${run}test: [{run: [/x], stdout: {matches: "(a"}}]\n`,
    beyondSchema: true,
  },
  {
    summary: "an unknown stage",
    text: `${head}build: {app: {packages: [make]}}\n${run}  copy: [{from: ap, source: /x, target: /y}]\n`,
    beyondSchema: true,
  },
  {
    summary: "a copy without any stages",
    text: inRun("copy: [{from: builder, source: /x, target: /y}]"),
    beyondSchema: true,
  },
  {
    summary: "an absolute path in the context",
    text: inRun("copy: [{from: context, source: /x, target: /y}]"),
    beyondSchema: true,
  },
  {
    summary: "a relative path in a stage",
    text: `${head}build: {app: {packages: [make]}}\n${run}  copy: [{from: app, source: out/x, target: /y}]\n`,
    beyondSchema: true,
  },
  { summary: "a path out of the context", text: inRun("copy: [{from: context, source: ../x, target: /y}]") },
  {
    summary: "stages that need each other",
    text: beside(
      "build:\n  a: {packages: [make], steps: [{copy: {from: b, source: /x, target: /x}}]}\n  b: {packages: [make], steps: [{copy: {from: a, source: /x, target: /x}}]}",
    ),
    beyondSchema: true,
  },
  {
    summary: "a target made twice",
    text: inRun("copy: [{from: context, source: a, target: /etc/x}]\n  files: {/etc/x: {text: a}}"),
    beyondSchema: true,
  },
  {
    summary: "a file below a file",
    text: inRun("files: {/etc/x: {text: a}, /etc/x/y: {text: b}}"),
    beyondSchema: true,
  },
  {
    summary: "a folder that is a file",
    text: inRun("files: {/etc/x: {text: a}}\n  directories: {/etc/x: {}}"),
    beyondSchema: true,
  },
  {
    summary: "a package wanted and not wanted",
    text: `${head}run:\n  packages: [nginx, "!nginx"]\n  entrypoint: [/x]\n`,
    beyondSchema: true,
  },
  {
    summary: "a package in two versions",
    text: `${head}run:\n  packages: [nginx=1, nginx=2]\n  entrypoint: [/x]\n`,
    beyondSchema: true,
  },
  { summary: "a path kept and dropped", text: inRun("keep: [/a/**]\n  drop: [/a/**]"), beyondSchema: true },
  {
    summary: "an unknown user without packages",
    text: `${head}run:\n  copy: [{from: context, source: a, target: /a}]\n  users: {app: {uid: 70}}\n  user: ap\n  entrypoint: [/a]\n`,
    beyondSchema: true,
  },
  {
    summary: "an unknown owner without packages",
    text: `${head}run:\n  files: {/a: {text: a, owner: web}}\n  entrypoint: [/a]\n`,
    beyondSchema: true,
  },
  {
    summary: "two users with one number",
    text: inRun("users: {a: {uid: 70}, b: {uid: 70}}"),
    beyondSchema: true,
  },
  {
    summary: "root by another name, and by its own",
    text: inRun("users: {toor: {uid: 0}, root: {uid: 7}}"),
    beyondSchema: true,
  },
  { summary: "an image of nothing", text: `${head}run:\n  entrypoint: [/x]\n`, beyondSchema: true },
  {
    summary: "an init phase without a command",
    text: beside("init: {packages: [dash]}"),
    beyondSchema: true,
  },
  {
    summary: "several mistakes at once",
    text: "apiVersion: v1\nnam: app\nrun:\n  packages: nginx\n  ports: [0]\n  user: 1.5\n",
  },
  {
    summary: "a path of more folders than a tree may have",
    text: inRun(`files: {${"/a".repeat(300)}: {text: x}}`),
  },
  { summary: "a user's number past 32 bits", text: inRun('user: "9999999999"') },
  {
    summary: "durations that no timer and no image can hold",
    text: `${inRun("healthcheck: {command: [/x], interval: 999999999h, timeout: 2562047h}")}test: [{run: [/x], timeout: 24h}, {run: [/x], timeout: 24h1ms}]\n`,
    beyondSchema: true,
  },
];
