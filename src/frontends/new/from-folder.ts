// A distill.yaml from what a folder holds: a start that can be built, by the conventions of the language that it is written in.
import { type Item, list, map, plain, printDraft } from "./draft.ts";
import type { NewSpec } from "./from-dockerfile.ts";
import type { ContextFiles } from "./stage-state.ts";
import { fits } from "./texts.ts";

export interface Folder extends ContextFiles {
  /** Undefined where there is no such file, or where it is too large or no text. */
  text(path: string): Promise<string | undefined>;
}

interface Recipe {
  /** The file that tells. */
  readonly file: string;
  readonly make: (folder: Folder, name: string, text: string) => Promise<Found>;
}

interface Found {
  readonly head: string;
  readonly build?: Item;
  readonly run: Readonly<Record<string, Item>>;
}

/** In this order: a Makefile stands beside anything. */
const recipes: readonly Recipe[] = [
  { file: "go.mod", make: goRecipe },
  { file: "Cargo.toml", make: cargoRecipe },
  { file: "pom.xml", make: mavenRecipe },
  { file: "package.json", make: nodeRecipe },
  { file: "pyproject.toml", make: pythonRecipe },
  { file: "requirements.txt", make: pythonRecipe },
  { file: "Makefile", make: makeRecipe },
];

export async function specFromFolder(folder: Folder, name: string): Promise<NewSpec> {
  const found = await findRecipe(folder, name);
  const root = map({
    apiVersion: plain("distill/v1"),
    name: plain(name),
    repositories: list([plain({ debian: "bookworm" })]),
    ...(found.build === undefined ? {} : { build: map({ app: found.build }) }),
    run: map({ ...found.run }),
  });
  return { text: printDraft(root, [found.head]), comments: 0 };
}

async function findRecipe(folder: Folder, name: string): Promise<Found> {
  for (const { file, make } of recipes) {
    const text = await folder.text(file);
    if (text !== undefined) return make(folder, name, text);
  }
  return {
    head: "The folder holds nothing that tells how it is built: name packages, or copy the program.",
    run: {
      packages: plain(["ca-certificates"]),
      ...user,
      entrypoint: plain(["/usr/bin/program"], "the program, which a package brings or a copy"),
    },
  };
}

const user: Readonly<Record<string, Item>> = { user: plain("65532:65532") };
const certificates = "ca-certificates";
const copyContext: Item = plain({ copy: { from: "context", source: ".", target: "/src" } });

function step(command: string, settings: Readonly<Record<string, Item>> = {}): Item {
  return map({ run: plain(command), "working-dir": plain("/src"), ...settings });
}

function stage(packages: readonly string[], ...steps: readonly Item[]): Item {
  return map({ packages: plain(packages), steps: list(steps) });
}

/** The program of a compiler: `path` in the stage. */
function program(
  path: string,
  name: string,
  more: Readonly<Record<string, Item>>,
): Readonly<Record<string, Item>> {
  const target = `/usr/local/bin/${name}`;
  return {
    ...more,
    copy: list([plain({ from: "app", source: path, target })]),
    ...user,
    entrypoint: plain([target]),
  };
}

async function goRecipe(folder: Folder, name: string): Promise<Found> {
  const commands = (await folder.kind("cmd")) === "folder" ? await folder.names("cmd") : [];
  const named = commands.find((one) => one === name) ?? commands[0];
  const hasMain =
    (await folder.kind("main.go")) === "file" || named === undefined || !/^[\w.-]+$/.test(named);
  const what = hasMain ? "." : `./cmd/${named}`;
  const settings = {
    env: plain({ CGO_ENABLED: "0" }),
    cache: plain(["/root/.cache/go-build", "/root/go/pkg/mod"]),
  };
  return {
    head: "A Go program: built with Debian's Go, linked statically.",
    build: stage(
      ["golang-go", certificates],
      copyContext,
      step(`go build -trimpath -o /out/app ${what}`, settings),
    ),
    run: program("/out/app", name, {
      packages: plain([certificates], "for TLS; remove it where none is used"),
    }),
  };
}

async function cargoRecipe(folder: Folder, name: string, text: string): Promise<Found> {
  const written = /^\s*\[package\][^[]*?^\s*name\s*=\s*"([\w-]{1,64})"/m.exec(text)?.[1] ?? name;
  const locked = (await folder.kind("Cargo.lock")) === "file" ? " --locked" : "";
  return {
    head: "A Rust program: built with Debian's cargo. The C library comes along, by what the program needs.",
    build: stage(
      ["cargo", "build-essential", certificates],
      copyContext,
      step(`cargo build --release${locked} && install -D target/release/${written} /out/app`, {
        cache: plain(["/root/.cargo/registry"]),
      }),
    ),
    run: program("/out/app", name, { packages: plain(["libc6", "libgcc-s1", certificates]) }),
  };
}

async function mavenRecipe(): Promise<Found> {
  const jar = "/app/app.jar";
  return Promise.resolve({
    head: "A Java program: packaged with Maven, run by Debian's OpenJDK.",
    build: stage(
      ["maven", "openjdk-17-jdk-headless", certificates],
      copyContext,
      step("mvn -B package && mkdir -p /out && cp target/*.jar /out/app.jar", {
        cache: plain(["/root/.m2/repository"]),
      }),
    ),
    run: {
      packages: plain(["openjdk-17-jre-headless", certificates]),
      copy: list([plain({ from: "app", source: "/out/app.jar", target: jar })]),
      ...user,
      entrypoint: plain(["/usr/bin/java", "-jar", jar]),
    },
  });
}

async function nodeRecipe(folder: Folder, _name: string, text: string): Promise<Found> {
  const main =
    mainOfPackage(text) ?? ((await folder.kind("server.js")) === "file" ? "server.js" : "index.js");
  const install =
    (await folder.kind("package-lock.json")) === "file" ? "npm ci --omit=dev" : "npm install --omit=dev";
  return {
    head: "A Node.js program: its dependencies installed with npm, run by Debian's Node.js.",
    build: stage(
      ["nodejs", "npm", certificates],
      copyContext,
      step(install, { cache: plain(["/root/.npm"]) }),
    ),
    run: {
      packages: plain(["nodejs", certificates]),
      copy: list([plain({ from: "app", source: "/src", target: "/app" })]),
      ...user,
      "working-dir": plain("/app"),
      entrypoint: plain(["/usr/bin/node"]),
      command: plain([`/app/${main}`]),
      env: plain({ NODE_ENV: "production" }),
    },
  };
}

/** What `npm start` runs, where that is node and a file; else `main`. */
function mainOfPackage(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { main, scripts } = value as { readonly main?: unknown; readonly scripts?: unknown };
  const start: unknown =
    typeof scripts === "object" && scripts !== null ? Reflect.get(scripts, "start") : undefined;
  const started = typeof start === "string" ? /^node\s+(\S+)$/.exec(start.trim())?.[1] : undefined;
  const path = started ?? (typeof main === "string" ? main : undefined);
  const file = path?.replace(/^(?:\.\/)+/, "");
  return file !== undefined && fits("relative path", file) ? file : undefined;
}

async function pythonRecipe(folder: Folder): Promise<Found> {
  const hasList = (await folder.kind("requirements.txt")) === "file";
  const candidates = ["main.py", "app.py", "server.py"];
  const names = await folder.names("");
  const main = candidates.find((one) => names.includes(one)) ?? "main.py";
  const what = hasList ? "-r requirements.txt" : ".";
  return {
    head: "A Python program: its dependencies installed with pip, run by Debian's Python.",
    build: stage(
      ["python3", "python3-pip", certificates],
      copyContext,
      step(`pip3 install --target /out/lib ${what}`, { cache: plain(["/root/.cache/pip"]) }),
    ),
    run: {
      packages: plain(["python3", certificates]),
      copy: list([
        plain({ from: "app", source: "/out/lib", target: "/app/lib" }),
        plain(
          { from: "context", source: main, target: `/app/${main}` },
          "the program; name what else it reads",
        ),
      ]),
      ...user,
      "working-dir": plain("/app"),
      entrypoint: plain(["/usr/bin/python3"]),
      command: plain([`/app/${main}`]),
      env: plain({ PYTHONPATH: "/app/lib", PYTHONDONTWRITEBYTECODE: "1" }),
      "stop-signal": plain("SIGINT", "Python has no handler for SIGTERM, which process 1 then ignores"),
    },
  };
}

async function makeRecipe(_folder: Folder, name: string): Promise<Found> {
  return Promise.resolve({
    head: "A Makefile: what it makes is not known here, so look at the paths.",
    build: stage(["build-essential"], copyContext, step("make")),
    run: {
      packages: plain(["libc6"], "the libraries that the program is linked with"),
      copy: list([
        plain(
          { from: "app", source: `/src/${name}`, target: `/usr/local/bin/${name}` },
          "the program that make makes",
        ),
      ]),
      ...user,
      entrypoint: plain([`/usr/local/bin/${name}`]),
    },
  });
}
