// Entrypoint scripts as images of databases, web servers and languages have them, written for this test.
import { describe, expect, test } from "vitest";
import { factsOfEntry, launch, program, recognised, script } from "../../../testing/closures.ts";
import { file, symlink } from "../../../testing/trees.ts";
import type { Launch } from "../../closure/closure.ts";
import type { Entry } from "../../tree/entry.ts";
import { treeOf } from "../../tree/memory-tree.ts";
import { path, type TreePath } from "../../tree/path.ts";
import { unmasked } from "../config-secrets/masking.ts";
import { readStartupTexts } from "./scripts.ts";
import { traceStartup } from "./trace.ts";

const shells = [
  recognised("shell", "bash", "/bin/bash"),
  recognised("shell", "dash", "/bin/dash"),
  symlink("/bin/sh", "dash"),
  program("/usr/bin/env"),
];

/** An executable script, and its text. */
interface Written {
  readonly entry: Entry;
  readonly text: string;
}

function written(name: string, text: string, mode = 0o755): Written {
  const line = /^#!(.*)/.exec(text)?.[1];
  return { entry: line === undefined ? file(name, text, { mode }) : script(name, line, { mode }), text };
}

/** What is told of each command but builtins, without the `#!` lines. */
async function told(
  entries: readonly Entry[],
  scripts: readonly Written[],
  given: Partial<Launch>,
): Promise<string[]> {
  const tree = treeOf([...shells, ...entries, ...scripts.map((one) => one.entry)]);
  const start = launch(given);
  const asked: TreePath[] = [];
  const texts = await readStartupTexts(tree, factsOfEntry, start, (at) => {
    asked.push(at);
    return Promise.resolve(scripts.find((one) => one.entry.path === at)?.text);
  });
  expect(new Set(asked).size).toBe(asked.length);
  const { steps } = traceStartup({ tree, facts: factsOfEntry, launch: start, texts }, unmasked);
  return steps
    .filter((one) => one.kind !== "builtin" && !one.command.startsWith("#!"))
    .map((one) => `${one.from} ${one.kind} ${one.path ?? "-"} ${one.command}`);
}

const database = written(
  "/usr/local/bin/docker-entrypoint.sh",
  `#!/usr/bin/env bash
set -Eeo pipefail

is_sourced() {
	[ "\${#FUNCNAME[@]}" -ge 2 ] && [ "\${FUNCNAME[0]}" = 'is_sourced' ]
}

make_folders() {
	local user; user="$(id -u)"
	mkdir -p "$DATA" || :
	if [ "$user" = '0' ]; then
		find "$DATA" \\! -user db -exec chown db '{}' +
	fi
}

run_files() {
	local one
	for one; do
		case "$one" in
			*.sh) if [ -x "$one" ]; then "$one"; else . "$one"; fi ;;
			*.sql.gz) gunzip -c "$one" | query ;;
		esac
	done
}

query() {
	local parameters=( db-client --quiet )
	"\${parameters[@]}" "$@"
}

main() {
	if [ "\${1:0:1}" = '-' ]; then
		set -- db-server "$@"
	fi
	if [ "$1" = 'db-server' ] && [ "$(id -u)" = '0' ]; then
		make_folders
		exec gosu db "$BASH_SOURCE" "$@"
	fi
	run_files /docker-entrypoint.d/*
	exec "$@"
}

if ! is_sourced; then
	main "$@"
fi
`,
);

describe("entrypoint scripts", () => {
  test("a database's, which goes on as another user", async () => {
    const entries = [
      program("/usr/bin/id"),
      program("/bin/mkdir"),
      program("/usr/local/bin/gosu"),
      program("/usr/lib/db/bin/db-server"),
      symlink("/usr/bin/db-server", "../lib/db/bin/db-server"),
    ];
    const given = { entrypoint: ["docker-entrypoint.sh"], command: ["db-server"], env: { DATA: "/data" } };
    const from = "/usr/local/bin/docker-entrypoint.sh";
    expect(await told(entries, [database], given)).toEqual([
      `entrypoint script ${from} docker-entrypoint.sh db-server`,
      `${from}:9 program /usr/bin/id id -u`,
      `${from}:10 program /bin/mkdir mkdir -p "$DATA"`,
      `${from}:12 missing - find "$DATA" \\! -user db -exec chown db '{}' +`,
      `${from}:20 dynamic - "$one"`,
      `${from}:21 missing - gunzip -c "$one"`,
      `${from}:28 dynamic - "\${parameters[@]}" "$@"`,
      `${from}:35 program /usr/bin/id id -u`,
      `${from}:37 program /usr/local/bin/gosu exec gosu db "$BASH_SOURCE" "$@"`,
      `${from}:37 script ${from} ${from} db-server`,
      `${from}:40 program /usr/lib/db/bin/db-server exec "$@"`,
    ]);
  });

  test("an option in place of a program: what runs is decided when it runs", async () => {
    const found = await told([], [database], { entrypoint: ["docker-entrypoint.sh"], command: ["-c", "x"] });
    expect(found.at(-1)).toBe('/usr/local/bin/docker-entrypoint.sh:40 dynamic - exec "$@"');
  });

  test("a web server's, with a folder of functions and settings from the image", async () => {
    const scripts = [
      written(
        "/entry.sh",
        '#!/bin/sh\nset -e\n. /usr/share/web/functions.sh\nlog start\nif [ -z "${QUIET:-}" ]; then exec 3>&1; fi\n' +
          'template | envsubst > /etc/web.conf\nexec ${SERVER_HOME}/bin/server -g "daemon off;"\n',
      ),
      written(
        "/usr/share/web/functions.sh",
        'log() { echo "$(date -u): $*"; }\ntemplate() { cat /etc/web.conf.in; }\n',
        0o644,
      ),
    ];
    const entries = [program("/opt/web/bin/server"), program("/bin/cat"), program("/bin/date")];
    expect(
      await told(entries, scripts, { entrypoint: ["/entry.sh"], env: { SERVER_HOME: "/opt/web" } }),
    ).toEqual([
      "entrypoint script /entry.sh /entry.sh",
      "/usr/share/web/functions.sh:1 program /bin/date date -u",
      "/usr/share/web/functions.sh:2 program /bin/cat cat /etc/web.conf.in",
      "/entry.sh:6 missing - envsubst > /etc/web.conf",
      '/entry.sh:7 program /opt/web/bin/server exec ${SERVER_HOME}/bin/server -g "daemon off;"',
    ]);
  });

  test.each([
    'find "/docker-entrypoint.d/" -type f | while read -r f; do "$f"; done',
    "for f in /docker-entrypoint.d/*.sh; do . $f; done",
    "run-parts /docker-entrypoint.d",
    "run_files /docker-entrypoint.d/*; run_files /docker-entrypoint.d/*",
  ])("the scripts of a folder: %s", async (line) => {
    const scripts = [
      written("/e", `#!/bin/sh\n${line}\n`),
      written("/docker-entrypoint.d/10-a.sh", "#!/bin/sh\np\n"),
      written("/docker-entrypoint.d/20-b.envsh", "q\n", 0o644),
      written("/docker-entrypoint.d/30-c", "#!/bin/sh\nr\n", 0o644),
      written("/docker-entrypoint.d/README", "s\n", 0o644),
    ];
    const found = await told([program("/bin/p")], scripts, { entrypoint: ["/e"] });
    expect(found.filter((one) => !one.startsWith("/e:"))).toEqual([
      "entrypoint script /e /e",
      "/e script /docker-entrypoint.d/10-a.sh /docker-entrypoint.d/10-a.sh",
      "/docker-entrypoint.d/10-a.sh:2 program /bin/p p",
      "/e script /docker-entrypoint.d/20-b.envsh . /docker-entrypoint.d/20-b.envsh",
      "/docker-entrypoint.d/20-b.envsh:1 missing - q",
    ]);
  });

  test("what a script sets is not the image's", async () => {
    const text = "#!/bin/sh\nHOME_DIR=/x\nPATH=/y:$PATH\n$HOME_DIR/run\nother\n/z\n";
    const env = { HOME_DIR: "/opt" };
    expect(await told([program("/opt/run")], [written("/e", text)], { entrypoint: ["/e"], env })).toEqual([
      "entrypoint script /e /e",
      "/e:4 dynamic - $HOME_DIR/run",
      "/e:5 dynamic - other",
      "/e:6 missing - /z",
    ]);
  });

  test.each<{ summary: string; text: string; steps: string[] }>([
    {
      summary: "in the background, in a pipeline, in a condition",
      text: "a & b | c && ! d",
      steps: ["1 a", "1 b", "1 c", "1 d"],
    },
    {
      summary: "in substitutions of every kind",
      text: 'x=$(a) y="`b`" z=${v:-$(c)} : $(( $(d) + 1 )) <(e) > $(f)',
      steps: ["1 a", "1 b", "1 c", "1 d", "1 e", "1 f"],
    },
    {
      summary: "in here-documents",
      text: "cat <<E\n$(a)\nE\ncat <<'E'\n$(b)\nE\n",
      steps: ["2 a"],
    },
    {
      summary: "in tests",
      text: "[[ $(a) == b && -n $(c) || ! $(d) ]]; (( $(e) ))",
      steps: ["1 a", "1 c", "1 d", "1 e"],
    },
    {
      summary: "in loops and cases",
      text: "for i in $(a); do b; done\nwhile c; do d; done\nuntil e; do f; done\ncase $(a) in b) c;; *) d;; esac",
      steps: ["1 a", "1 b", "2 c", "2 d", "3 e", "3 f", "4 a", "4 c", "4 d"],
    },
    {
      summary: "in groups and arrays",
      text: "{ a; } 2>/dev/null\n( b )\nx=( $(c) [1]=$(d) )\nif e; then f; else a; fi",
      steps: ["1 a", "2 b", "3 c", "3 d", "4 e", "4 f", "4 a"],
    },
    {
      summary: "behind exec, command, builtin",
      text: "exec -a x a\ncommand -p b\nbuiltin exec c\ncommand -v d",
      steps: ["1 exec -a x a", "2 command -p b", "3 builtin exec c"],
    },
    {
      summary: "in eval and trap",
      text: "eval 'a | b'\ntrap 'c; d' EXIT\ntrap - EXIT\neval \"$x\"",
      steps: ["1 a", "1 b", "2 c", "2 d"],
    },
    {
      summary: "functions are the script's own",
      text: "f() { a; }\nfunction g { b; }\nf; g",
      steps: ["1 a", "2 b"],
    },
    { summary: "quoted", text: "'a' \"b\"\n\\c\n$'d'", steps: ["1 'a' \"b\"", "2 \\c", "3 $'d'"] },
    { summary: "patterns are found out when it runs", text: "/opt/*/a\n~/b\n{c,d}", steps: [] },
  ])("commands $summary", async ({ steps, text }) => {
    const entries = ["a", "b", "c", "d", "e", "f"].map((name) => program(`/bin/${name}`));
    const found = await told(entries, [written("/s", `#!/bin/bash\n${text}\n`)], { entrypoint: ["/s"] });
    const programs = found.filter((one) => / program /.test(one));
    const lines = programs.map((one) =>
      one.replace(/^\/s:(\d+) program \S+ /, (_, line) => `${Number(line) - 1} `),
    );
    expect(lines).toEqual(steps);
  });

  test("scripts by a shell, without a #! line, and through sources, are read one after the other", async () => {
    const scripts = [
      written("/a", "#!/bin/sh\nsh /b.sh x\n"),
      written("/b.sh", '. ./c.sh\n"$@"\n', 0o644),
      written("/srv/c.sh", "/d\n", 0o644),
      written("/d", "true\np\n"),
    ];
    expect(
      await told([program("/bin/p"), program("/bin/x")], scripts, { entrypoint: ["/a"], workingDir: "/srv" }),
    ).toEqual([
      "entrypoint script /a /a",
      "/a:2 shell /bin/dash sh /b.sh x",
      "/srv/c.sh:1 script /d /d",
      "/d:2 program /bin/p p",
      '/b.sh:2 program /bin/x "$@"',
    ]);
  });

  test("a file that can't be read as text ends there", async () => {
    const entry = script("/a", "/bin/sh");
    const tree = treeOf([...shells, entry]);
    const texts = await readStartupTexts(tree, factsOfEntry, launch({ entrypoint: ["/a"] }), () =>
      Promise.resolve(undefined),
    );
    expect([...texts]).toEqual([]);
  });

  test("a script that is too long is not asked for", () => {
    const entry = { ...script("/a", "/bin/sh"), sizeBytes: 300_000 };
    const facts = (): ReturnType<typeof factsOfEntry> => ({
      magic: "script",
      script: { interpreter: "/bin/sh" },
    });
    const { steps, wanted } = traceStartup(
      {
        tree: treeOf([entry]),
        facts,
        launch: launch({ entrypoint: ["/a"] }),
        texts: new Map(),
      },
      unmasked,
    );
    expect(wanted).toEqual([]);
    expect(steps.at(-1)).toEqual({
      from: "/a",
      command: "(a script that is longer than is followed)",
      kind: "dynamic",
    });
  });

  test("texts are kept by the script's own path", async () => {
    const entry = script("/real/a", "/bin/sh");
    const tree = treeOf([...shells, entry, symlink("/usr/bin/a", "/real/a")]);
    const texts = await readStartupTexts(tree, factsOfEntry, launch({ entrypoint: ["a"] }), (at) =>
      Promise.resolve(`#!/bin/sh\n# ${at}\n`),
    );
    expect([...texts.keys()]).toEqual([path("/real/a")]);
  });
});
