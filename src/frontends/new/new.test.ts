import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../base/diagnostics.ts";
import { checkDockerfile } from "../dockerfile/check.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { parseSpec } from "../spec/parse.ts";
import { type NewSpec, specFromDockerfile } from "./from-dockerfile.ts";
import { type Folder, specFromFolder } from "./from-folder.ts";

/** Paths to texts; what lies below one is a folder. */
function folderOf(files: Readonly<Record<string, string>>): Folder {
  const paths = Object.keys(files);
  return {
    kind: async (path) => {
      if (Object.hasOwn(files, path)) return Promise.resolve("file" as const);
      const isFolder = paths.some((one) => one.startsWith(`${path}/`));
      return Promise.resolve(isFolder ? ("folder" as const) : undefined);
    },
    names: async (folder) => {
      const below = folder === "" ? "" : `${folder}/`;
      const names = paths.flatMap((one) =>
        one.startsWith(below) ? [one.slice(below.length).replace(/\/.*/, "")] : [],
      );
      return Promise.resolve([...new Set(names)].sort());
    },
    text: async (path) => Promise.resolve(files[path]),
  };
}

const files = {
  "go.mod": "module example.test/app\n",
  "go.sum": "",
  "main.go": "",
  "requirements.txt": "flask\n",
  "package.json": "{}",
  "package-lock.json": "{}",
  "src/index.js": "",
  "conf/app.conf": "",
};

function convert(text: string): Promise<NewSpec> {
  const { value } = parseDockerfile(text, "Dockerfile");
  if (value === undefined) throw new Error("it is no Dockerfile");
  return specFromDockerfile(value, { name: "app", files: folderOf(files), platform: "linux/amd64" });
}

const golden = join(import.meta.dirname, "../../../test/golden/new");
const article = readFileSync(join(import.meta.dirname, "../../../examples/go-app/Dockerfile"), "utf8");
const names = [
  ...[
    "shipped",
    "shell-forms",
    "only-a-command",
    "stage-of-a-stage",
    "arguments",
    "mounts",
    "here-documents",
  ],
  ...["copies", "python", "distroless-base", "node", "nothing"],
];
const cases: readonly (readonly [string, string])[] = [
  ["article", article],
  ...names.map((name) => [name, readFileSync(join(golden, `${name}.Dockerfile`), "utf8")] as const),
];

describe("from a Dockerfile", () => {
  test.each(cases)("%s", async (name, text) => {
    const { text: made } = await convert(text);
    const { diagnostics, value } = parseSpec(made, "distill.yaml");
    expect(diagnostics).toEqual([]);
    expect(value?.run.entrypoint.length).toBeGreaterThan(0);
    await expect(made).toMatchFileSnapshot(join(golden, `${name}.yaml`));
  });

  test("what has no equivalent is told", async () => {
    const { comments, text } = await convert(
      'FROM x:1 AS a\nEXPOSE 1\nFROM scratch\nCOPY --from=a /x /x\nRUN ["/x"]\nENTRYPOINT ["/x"]\n',
    );
    expect(text).toContain("# EXPOSE 1: it is about containers");
    expect(text).toContain('# RUN ["/x"]: ');
    expect(comments).toBe(2);
  });

  test("hostile texts stay where they are", async () => {
    const { text } = await convert(
      'FROM scratch\nLABEL a="x\u0000y" "b c"="\u001b[2J: #"\nENV A="\u202e"\nCOPY main.go /a\u0007b\nCMD ["/a", "\u0085"]\nENTRYPOINT ["/x\\u001b"]\nUSER a\u2028b\n',
    );
    const { diagnostics } = parseSpec(text, "distill.yaml");
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  test("stages that repeat each other without end are refused", async () => {
    const stages = Array.from(
      { length: 900 },
      (_, at) => `FROM ${at === 0 ? "x" : `s${at - 1}`} AS s${at}\nRUN a b\n`,
    );
    await expect(convert(stages.join(""))).rejects.toThrow(InvalidInput);
  });

  const lines = [
    ...["FROM scratch AS a", "FROM x:1 AS b", "FROM b", "FROM $c", "RUN make && x", "RUN --mount=type=x y"],
    ...['CMD ["/x"]', "CMD x $y", "ENTRYPOINT x", "ENTRYPOINT []", "COPY a b /c/", "COPY --from=a /x /x"],
    ...["COPY --from=b /x y", "COPY --from=b / /", "COPY . /", "COPY <<E /x\nE", "ADD *.go .", "ADD a.tar /"],
    ...[
      "WORKDIR x",
      "WORKDIR /",
      "WORKDIR ..",
      "USER z",
      "USER 4294967296",
      "USER ::",
      "ENV A=b",
      "ENV A=$b 1x=2",
    ],
    ...["ARG C", "ARG C=1", "LABEL a=b", "LABEL 'a b'=c", "VOLUME x", "VOLUME /v", "EXPOSE 1 x", "EXPOSE 0"],
    ...["STOPSIGNAL x", "STOPSIGNAL 9", "HEALTHCHECK CMD x | y", 'HEALTHCHECK --retries=0 CMD ["x"]'],
    ...["ONBUILD RUN x", 'SHELL ["s"]', "MAINTAINER m", "RUN apt-get install -y curl=1", "RUN <<E\nx\nE"],
  ];

  test("what is made is a spec, whatever the Dockerfile", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...lines), { maxLength: 25 }), async (chosen) => {
        const { value } = parseDockerfile(`FROM scratch AS first\n${chosen.join("\n")}\n`, "Dockerfile");
        if (value === undefined || checkDockerfile(value).length > 0) return;
        const options = { name: "app", files: folderOf(files), platform: "linux/amd64" };
        const { text } = await specFromDockerfile(value, options);
        const { diagnostics } = parseSpec(text, "distill.yaml");
        // A stage that copies from itself is wrong in the Dockerfile too.
        const wrong = diagnostics.filter((one) => one.severity === "error" && one.rule !== "stage-cycle");
        expect(wrong.map(({ message }) => `${message}\n${text}`)).toEqual([]);
      }),
    );
  });
});

describe("from a folder", () => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ["go", { "go.mod": "", "main.go": "" }, ["golang-go", "-o /out/app .\n", "/usr/local/bin/app"]],
    ["go with a command", { "go.mod": "", "cmd/tool/main.go": "" }, ["-o /out/app ./cmd/tool\n"]],
    ["node", { "package.json": '{"main": "lib/x.js"}' }, ["npm install", "/app/lib/x.js"]],
    [
      "node with a start",
      { "package.json": '{"scripts": {"start": "node ./s.js"}}', "package-lock.json": "" },
      ["npm ci", "/app/s.js"],
    ],
    ["node, malformed", { "package.json": "{", "server.js": "" }, ["/app/server.js"]],
    [
      "python",
      { "requirements.txt": "", "app.py": "" },
      ["-r requirements.txt", "/app/app.py", "PYTHONPATH"],
    ],
    ["python project", { "pyproject.toml": "" }, ["pip3 install --target /out/lib ."]],
    [
      "rust",
      { "Cargo.toml": '[package]\nname = "thing"\n', "Cargo.lock": "" },
      ["cargo build --release --locked", "target/release/thing"],
    ],
    ["java", { "pom.xml": "" }, ["mvn -B package", "openjdk-17-jre-headless"]],
    ["make", { Makefile: "" }, ["build-essential", "run: make\n"]],
    ["go beside make", { Makefile: "", "go.mod": "" }, ["golang-go"]],
    ["nothing", {}, ["/usr/bin/program"]],
  ])("%s", async (_, contents, parts) => {
    const { text } = await specFromFolder(folderOf(contents), "app");
    const { diagnostics, value } = parseSpec(text, "distill.yaml");
    expect(diagnostics).toEqual([]);
    expect(value?.run.user?.value).toBe("65532:65532");
    for (const part of parts) expect(text).toContain(part);
  });
});
