// Real programs that adversarial images hide: of Debian's packages on this machine, or built or fetched when they are asked for.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { hostMirror } from "../debian-roots.ts";
import { missingProgram, runWell } from "../programs.ts";

interface Supply {
  /** Why it can't be had on this machine; undefined where it can. */
  readonly missing: () => string | undefined;
  /** The path of the file, made below `folder` where it isn't on this machine. */
  readonly make: (folder: string) => Promise<string>;
}

/** A file of a package that is installed here. */
function installed(path: string, packageName: string): Supply {
  return {
    missing: () => (existsSync(path) ? undefined : `Debian's ${packageName} is not installed`),
    make: () => Promise.resolve(path),
  };
}

export type ProgramName =
  | "busybox"
  | "busybox-arm64"
  | "busybox-upx"
  | "toybox"
  | "bash"
  | "bash-static"
  | "dash"
  | "dash-static"
  | "zsh-static"
  | "sash"
  | "lksh"
  | "gosh"
  | "python"
  | "pip"
  | "pip-module"
  | "upx"
  | "glibc"
  | "glibc-loader";

const supplies: Readonly<Record<ProgramName, Supply>> = {
  busybox: installed("/bin/busybox", "busybox-static"),
  bash: installed("/bin/bash", "bash"),
  dash: installed("/bin/dash", "dash"),
  "bash-static": installed("/bin/bash-static", "bash-static"),
  "zsh-static": installed("/bin/zsh-static", "zsh-static"),
  sash: installed("/bin/sash", "sash"),
  python: installed("/usr/bin/python3", "python3-minimal"),
  pip: installed("/usr/bin/pip3", "python3-pip"),
  "pip-module": installed("/usr/lib/python3/dist-packages/pip/__main__.py", "python3-pip"),
  lksh: installed("/bin/lksh", "mksh"),
  toybox: installed("/bin/toybox", "toybox"),
  "glibc-loader": installed("/lib64/ld-linux-x86-64.so.2", "libc6"),
  glibc: installed("/lib/x86_64-linux-gnu/libc.so.6", "libc6"),
  /** Of another architecture. */
  "busybox-arm64": {
    missing: () => missingForPackages("dpkg-deb"),
    async make(folder): Promise<string> {
      const root = await fetched(folder, "bookworm", "busybox-static:arm64");
      return join(root, "bin/busybox");
    },
  },
  /** The packer itself. */
  upx: {
    missing: () => missingForPackages("dpkg-deb"),
    async make(folder): Promise<string> {
      const root = await fetched(folder, "bookworm-backports", "upx-ucl", "libucl1", "zlib1g");
      return join(root, "usr/bin/upx-ucl");
    },
  },
  "busybox-upx": {
    missing: () => supplies.upx.missing() ?? supplies.busybox.missing(),
    async make(folder): Promise<string> {
      return packed("/bin/busybox", "-1", folder);
    },
  },
  /** dash as Debian has its source, linked statically: no package of Debian holds one. */
  "dash-static": {
    missing: () => missingForPackages("gcc", "make", "tar"),
    async make(folder): Promise<string> {
      const sources = await downloaded(folder, "bookworm", "source", ["dash"]);
      const [archive = ""] = (await readdir(sources)).filter((name) => /\.orig\.tar\.\w+$/.test(name));
      await runWell(["tar", "-C", sources, "--strip-components=1", "-xf", join(sources, archive)]);
      await runWell(["./configure", "--quiet", "--enable-static"], { cwd: sources });
      await runWell(["make", "-s"], { cwd: sources });
      return join(sources, "src/dash");
    },
  },
  /** A shell written in Go: mvdan.cc/sh's gosh. */
  gosh: {
    missing: () => missingProgram("go"),
    async make(folder): Promise<string> {
      await runWell(["go", "install", "-trimpath", "-ldflags=-s -w", "mvdan.cc/sh/v3/cmd/gosh@v3.14.1"], {
        env: { GOBIN: folder, CGO_ENABLED: "0" },
        timeoutMs: 300_000,
      });
      return join(folder, "gosh");
    },
  },
};

/** A program packed by UPX with this method ("-1", "--lzma"). @returns the packed file, below `folder` */
export async function packed(program: string, method: string, folder: string): Promise<string> {
  const file = join(folder, `${basename(program)}${method}.upx`);
  const libraries = join(folder, "upx-ucl", "usr/lib/x86_64-linux-gnu");
  const packer = await programFile("upx", folder);
  await runWell([packer, "-q", method, "-f", "-o", file, program], { env: { LD_LIBRARY_PATH: libraries } });
  return file;
}

/** The first of these that this machine lacks, as a reason to skip; or undefined. */
export function missingPrograms(names: readonly ProgramName[]): string | undefined {
  return names.map((name) => supplies[name].missing()).find((reason) => reason !== undefined);
}

const made = new Map<string, Promise<string>>();

/** Where the program is; what has to be made for it lies below `folder`. */
export function programFile(name: ProgramName, folder: string): Promise<string> {
  const key = `${folder}\0${name}`;
  const known = made.get(key) ?? supplies[name].make(folder);
  made.set(key, known);
  return known;
}

export async function programBytes(name: ProgramName, folder: string): Promise<Buffer> {
  return readFile(await programFile(name, folder));
}

function missingForPackages(...tools: readonly string[]): string | undefined {
  const missing = missingProgram("apt-get", ...tools);
  if (missing !== undefined) return missing;
  return hostMirror() === undefined ? "apt has no Debian mirror" : undefined;
}

/** A folder with what the packages hold. */
async function fetched(folder: string, suite: string, ...packages: readonly string[]): Promise<string> {
  const debs = await downloaded(folder, suite, "download", packages);
  const root = join(folder, packages[0] ?? "root");
  await mkdir(root, { recursive: true });
  for (const name of await readdir(debs)) {
    if (name.endsWith(".deb")) await runWell(["dpkg-deb", "-x", join(debs, name), root]);
  }
  return root;
}

/** A folder with the packages' files, of the mirror that this machine has and of no other release's lists than `suite`'s. */
async function downloaded(
  folder: string,
  suite: string,
  command: "download" | "source",
  packages: readonly string[],
): Promise<string> {
  const place = join(folder, `apt-${packages[0]?.replace(":", "-") ?? ""}`);
  const into = join(place, "files");
  for (const name of ["files", "empty", "state/lists/partial", "cache/archives/partial"])
    await mkdir(join(place, name), { recursive: true });
  const mirror = hostMirror() ?? "";
  const suites = [...new Set([suite, "bookworm"])];
  const kind = command === "source" ? "deb-src" : "deb";
  await writeFile(
    join(place, "sources.list"),
    suites.map((one) => `${kind} [check-valid-until=no] ${mirror} ${one} main\n`).join(""),
  );
  await writeFile(join(place, "status"), "");
  const settings: readonly (readonly [string, string])[] = [
    ["Dir::Etc::sourcelist", join(place, "sources.list")],
    ["Dir::Etc::sourceparts", join(place, "empty")],
    ["Dir::State", join(place, "state")],
    ["Dir::State::status", join(place, "status")],
    ["Dir::Cache", join(place, "cache")],
    ["APT::Architectures", "amd64,arm64"],
    ["Acquire::Languages", "none"],
    ["APT::Sandbox::User", "root"],
  ];
  const options = settings.flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  await runWell(["apt-get", "-qq", ...options, "update"]);
  const what = command === "source" ? ["source", "--download-only"] : ["download"];
  await runWell(["apt-get", "-qq", ...options, ...what, ...packages], { cwd: into });
  return into;
}
