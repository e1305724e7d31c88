// Which package a file is of, against the package managers themselves: dpkg-query on a whole root, rpm on databases that it or
// Berkeley DB wrote, pip, npm and go on what they installed or built.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test } from "vitest";
import type { PackageIndex } from "../../src/audit/packages/package.ts";
import { readPackages } from "../../src/audit/packages/read.ts";
import { packageId } from "../../src/audit/packages/view.ts";
import { collect } from "../../src/base/bytes.ts";
import type { Facts } from "../../src/content/facts.ts";
import { treeOfImage } from "../../src/oci/apply.ts";
import { openImageSet } from "../../src/oci/open.ts";
import { treeOf } from "../../src/tree/memory-tree.ts";
import type { TreePath } from "../../src/tree/path.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { makeRoot, reasonAgainstRoots } from "../../testing/debian-roots.ts";
import { treeOfFolder } from "../../testing/folder-tree.ts";
import { missingProgram, runProgram, runWell } from "../../testing/programs.ts";
import { berkeleyDatabase, ndbDatabase } from "../../testing/rpm-databases.ts";
import { file } from "../../testing/trees.ts";

const folder = mkdtempSync(join(tmpdir(), "package-attribution-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const because = (reason: string | undefined): string => (reason === undefined ? "" : ` (skipped: ${reason})`);
const noFacts = (): Facts => ({ magic: "data" });

function newFolder(name: string): string {
  const made = join(folder, name);
  mkdirSync(made, { recursive: true });
  return made;
}

const noRoot = reasonAgainstRoots();

describe.skipIf(noRoot !== undefined)(`dpkg-query${because(noRoot)}`, () => {
  test("says the same of every file of an installed root", async () => {
    const root = newFolder("root");
    makeRoot(root, "bookworm", "apt", ["python3-yaml", "vim-tiny", "openssl", "perl", "adduser", "dash"]);
    const { tree } = treeOfFolder(root);
    const index = await readPackages(tree, noFacts);
    expect(index.unreadable).toEqual([]);
    const told = await searchFiles(root, tree);
    const differing: string[] = [];
    let attributed = 0;
    for (const entry of tree.walk()) {
      if (entry.kind === "directory") continue;
      const owner = index.ownerOf(entry);
      const known = told.get(entry.path);
      if (known !== undefined) {
        attributed += 1;
        // The links of a merged /usr are folders of many packages in the lists.
        if (entry.kind === "symlink" && known.size > 1 && owner === undefined) continue;
        if (owner === undefined || !known.has(owner.name))
          differing.push(`${entry.path}: ${owner?.name ?? "nobody"}, not ${[...known].join(" ")}`);
        // No list has the links that scripts make, and the bytecode that they compile; those are of what they were made from.
      } else if (owner !== undefined && entry.kind !== "symlink" && !entry.path.endsWith(".pyc")) {
        differing.push(`${entry.path}: ${owner.name}, and dpkg knows of nobody`);
      }
    }
    expect(differing).toEqual([]);
    expect(attributed).toBeGreaterThan(5000);
    const listed = await runWell([
      "dpkg-query",
      `--admindir=${root}/var/lib/dpkg`,
      "-W",
      "-f=${Package}:${Architecture} ${Version}\n",
    ]);
    const found = index.packages.map((one) => `${packageId(one)} ${one.version}`);
    expect(found.sort()).toEqual(listed.trim().split("\n").sort());
  });
});

/** What `dpkg-query -S` says of every entry, by either of its names on a merged /usr. */
async function searchFiles(root: string, tree: Tree): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const told = new Map<string, Set<string>>();
  const names = [...tree.walk()].flatMap(({ path, kind }) => {
    if (kind === "directory") return [];
    return /^\/usr\/(?:bin|sbin|lib\w*)\//.test(path) ? [path, path.slice("/usr".length)] : [path];
  });
  for (let at = 0; at < names.length; at += 1000) {
    const patterns = names.slice(at, at + 1000).map((name) => name.replace(/[\\[\]*?]/g, "\\$&"));
    const { stdout } = await runProgram(["dpkg-query", `--admindir=${root}/var/lib/dpkg`, "-S", ...patterns]);
    for (const line of stdout.split("\n")) {
      const [, packages, path] = /^([^ ].*?): (\/.*)$/.exec(line) ?? [];
      if (packages === undefined || path === undefined || packages.startsWith("diversion by ")) continue;
      const real = tree.lookup(path as TreePath) === undefined ? `/usr${path}` : path;
      const known = told.get(real) ?? new Set();
      for (const one of packages.split(", ")) known.add(one.replace(/:.*/, ""));
      told.set(real, known);
    }
  }
  return told;
}

const corpus = join(import.meta.dirname, "../../../shared/corpus");
const noAlpine = existsSync(corpus) ? missingProgram("awk") : "there is no corpus of images";

/** Files of apk's database as "package /path", read by another program. */
const apkFiles =
  '/^P:/ {p = substr($0, 3)} /^F:/ {f = substr($0, 3)} /^R:/ {print p " /" f "/" substr($0, 3)}';

describe.skipIf(noAlpine !== undefined)(`Alpine${because(noAlpine)}`, () => {
  const images = [
    { kind: "oci-archive", path: join(corpus, "alpine-3.14.oci.tar") },
    { kind: "docker-archive", path: join(corpus, "alpine-3.10.docker.tar.gz") },
  ] as const;

  test.each(images)("every file that apk's database lists is its package's: $path", async (location) => {
    const scratchFolder = newFolder("alpine");
    const { images } = await openImageSet(location, { scratchFolder });
    const [image] = images;
    const tree = image === undefined ? treeOf([]) : await treeOfImage(image, { scratchFolder });
    const index = await readPackages(tree, noFacts);
    expect(index.unreadable).toEqual([]);
    const database = tree.lookup("/lib/apk/db/installed" as TreePath);
    const text =
      database?.kind === "file" ? await collect(database.content, 1 << 24, "installed") : undefined;
    const listed = await runWell(["awk", apkFiles], { input: Buffer.from(text ?? []).toString("utf8") });
    const lines = listed.trim().split("\n");
    const told = lines.map((line) => {
      const path = line.slice(line.indexOf(" ") + 1).replace("//", "/");
      const entry = tree.lookup(path as TreePath);
      return `${entry === undefined ? "absent" : (index.ownerOf(entry)?.name ?? "nobody")} ${path}`;
    });
    expect(told).toEqual(lines.map((line) => line.replace("//", "/")));
    expect(lines.length).toBeGreaterThan(60);
    // BusyBox's commands are links that its package's script makes.
    const command = tree.lookup("/bin/ls" as TreePath);
    expect(command === undefined ? undefined : index.ownerOf(command)?.name).toBe("busybox");
  });
});

const noRpm = missingProgram("rpm", "rpmbuild");
const noBerkeley = noRpm ?? ((await hasBerkeley()) ? undefined : "python3-bsddb3 is not installed");

async function hasBerkeley(): Promise<boolean> {
  try {
    return (await runProgram(["/usr/bin/python3", "-c", "import bsddb3"])).code === 0;
  } catch {
    return false;
  }
}

const specification = `Name: tool
Version: 1.2
Release: 3
Epoch: 2
Summary: a tool
License: MIT
BuildArch: noarch
Requires: tool-data, /usr/share/tool/data.txt
%description
x
%package data
Summary: data
Epoch: 0
Provides: virtual-data
%description data
y
%package big
Summary: many files
Requires: virtual-data, tool
%description big
z
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/tool %{buildroot}/usr/share/big
echo x > %{buildroot}/usr/bin/tool
ln -s tool %{buildroot}/usr/bin/tool-too
echo y > %{buildroot}/usr/share/tool/data.txt
for i in $(seq 1 3000); do echo $i > %{buildroot}/usr/share/big/a-file-of-$i; done
%files
/usr/bin/tool*
%files data
%dir /usr/share/tool
/usr/share/tool/data.txt
%files big
/usr/share/big
`;

interface RpmDatabase {
  readonly folder: string;
  readonly backend: string;
}

describe.skipIf(noRpm !== undefined)(`rpm${because(noRpm)}`, () => {
  const rpm = (database: RpmDatabase, ...args: readonly string[]): Promise<string> =>
    runWell(["rpm", "--define", `_db_backend ${database.backend}`, "--dbpath", database.folder, ...args]);

  let made: Promise<RpmDatabase> | undefined;
  const sqlite = (): Promise<RpmDatabase> => (made ??= install());

  async function install(): Promise<RpmDatabase> {
    const top = newFolder("rpmbuild");
    const spec = join(top, "tool.spec");
    writeFileSync(spec, specification);
    await runWell(["rpmbuild", "-bb", "--define", `_topdir ${top}`, spec]);
    const database = { folder: newFolder("sqlite"), backend: "sqlite" };
    await rpm(database, "--initdb");
    const files = ["tool-1.2-3", "tool-data-1.2-3", "tool-big-1.2-3"];
    const packages = files.map((name) => join(top, "RPMS", "noarch", `${name}.noarch.rpm`));
    await rpm(database, "-i", "--justdb", "--nodeps", ...packages);
    return database;
  }

  /** What rpm tells of a database, and what is read of its file. */
  async function compare(database: RpmDatabase, name: string): Promise<PackageIndex> {
    const owned = await rpm(database, "-qa", "--queryformat", "[%{=NAME} %{FILENAMES}\n]");
    const lines = owned.trim().split("\n").sort();
    const paths = lines.map((line) => line.slice(line.indexOf(" ") + 1));
    const bytes = readFileSync(join(database.folder, name));
    const tree = treeOf([...paths.map((path) => file(path)), file(`/var/lib/rpm/${name}`, bytes)]);
    const index = await readPackages(tree, noFacts);
    expect(index.unreadable).toEqual([]);
    const told = [...tree.walk()].flatMap((entry) => {
      const owner = index.ownerOf(entry);
      return owner === undefined ? [] : [`${owner.name} ${entry.path}`];
    });
    expect(told.sort()).toEqual(lines);
    const format = "%{NAME}:%{ARCH} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\n";
    const installed = (await rpm(database, "-qa", "--queryformat", format)).trim().split("\n");
    expect(index.packages.map((one) => `${packageId(one)} ${one.version}`).sort()).toEqual(installed.sort());
    return index;
  }

  test("lists the same packages and files of its SQLite database", async () => {
    const { packages } = await compare(await sqlite(), "rpmdb.sqlite");
    const depends = Object.fromEntries(packages.map((one) => [one.name, [...one.depends].sort()]));
    expect(depends).toEqual({ tool: ["tool-data"], "tool-data": [], "tool-big": ["tool", "tool-data"] });
  });

  test.skipIf(noBerkeley !== undefined)(
    `lists the same of a hash that Berkeley DB wrote${because(noBerkeley)}`,
    async () => {
      const source = await sqlite();
      const database = { folder: newFolder("berkeley"), backend: "bdb_ro" };
      const script = `import bsddb3.db as db, sqlite3, struct
source = sqlite3.connect(${JSON.stringify(join(source.folder, "rpmdb.sqlite"))})
target = db.DB()
target.open(${JSON.stringify(join(database.folder, "Packages"))}, None, db.DB_HASH, db.DB_CREATE)
target.put(struct.pack("=I", 0), struct.pack("=I", 3))
for number, header in source.execute("SELECT hnum, blob FROM Packages"):
    target.put(struct.pack("=I", number), header)
target.close()
`;
      await runWell(["/usr/bin/python3", "-c", script]);
      await compare(database, "Packages");
    },
  );

  test("reads what the tests' own builders of other formats make of real headers", async () => {
    const source = await sqlite();
    const opened = new DatabaseSync(join(source.folder, "rpmdb.sqlite"), { readOnly: true });
    const rows = opened.prepare("SELECT blob FROM Packages ORDER BY hnum").all();
    opened.close();
    const headers = rows.map((row) => Buffer.from(row["blob"] as Uint8Array));
    const berkeley = { folder: newFolder("built"), backend: "bdb_ro" };
    writeFileSync(join(berkeley.folder, "Packages"), berkeleyDatabase(headers, { pageSize: 4096 }));
    await compare(berkeley, "Packages");
    const names = async (bytes: Buffer): Promise<readonly string[]> => {
      const tree = treeOf([file("/var/lib/rpm/Packages.db", bytes)]);
      return (await readPackages(tree, noFacts)).packages.map((one) => one.name).sort();
    };
    expect(await names(ndbDatabase(headers))).toEqual(["tool", "tool-big", "tool-data"]);
  });
});

const noPip =
  missingProgram("python3") ??
  ((await runProgram(["python3", "-m", "pip", "--version"])).code === 0 ? undefined : "pip is not installed");

test.skipIf(noPip !== undefined)(
  `pip installs a wheel, and its RECORD is read${because(noPip)}`,
  async () => {
    const root = newFolder("pip");
    const wheel = join(folder, "sample_tool-1.0-py3-none-any.whl");
    const script = `import zipfile
with zipfile.ZipFile(${JSON.stringify(wheel)}, "w") as wheel:
    info = "sample_tool-1.0.dist-info/"
    names = {
        "sample_tool/__init__.py": "x = 1\\n",
        "sample_tool/data, with comma.txt": "data",
        "single_module.py": "y = 2\\n",
        info + "METADATA": "Metadata-Version: 2.1\\nName: Sample.Tool\\nVersion: 1.0\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "entry_points.txt": "[console_scripts]\\nsample = sample_tool:main\\n",
    }
    record = "".join('"' + name + '",,\\n' for name in names) + info + "RECORD,,\\n"
    for name, text in {**names, info + "RECORD": record}.items():
        wheel.writestr(name, text)
`;
    await runWell(["python3", "-c", script]);
    await runWell([
      "python3",
      "-m",
      "pip",
      "install",
      "-q",
      "--no-index",
      "--root",
      root,
      "--ignore-installed",
      "--break-system-packages",
      wheel,
    ]);
    const { tree } = treeOfFolder(root);
    const index = await readPackages(tree, noFacts);
    const { packages, unreadable } = index;
    expect(unreadable).toEqual([]);
    expect(packages.map(packageId)).toEqual(["python/Sample.Tool@1.0"]);
    const files = [...tree.walk()].filter((entry) => entry.kind === "file");
    expect(files.map((entry) => entry.path).some((path) => path.endsWith("/bin/sample"))).toBe(true);
    expect(files.filter((entry) => index.ownerOf(entry) === undefined).map((entry) => entry.path)).toEqual(
      [],
    );
  },
);

const noNpm = missingProgram("npm");

test.skipIf(noNpm !== undefined)(`npm installs packages, and lists the same${because(noNpm)}`, async () => {
  const source = newFolder("npm-source");
  const pack = async (
    name: string,
    version: string,
    dependencies: Record<string, string>,
  ): Promise<string> => {
    const at = newFolder(`npm-source/${name.replace("/", "-")}-${version}`);
    writeFileSync(join(at, "package.json"), JSON.stringify({ name, version, dependencies, bin: "./cli.js" }));
    writeFileSync(join(at, "cli.js"), "#!/usr/bin/env node\n");
    const [packed] = JSON.parse(
      await runWell(["npm", "pack", "--json", "--pack-destination", source, at]),
    ) as { filename: string }[];
    return join(source, (packed?.filename ?? "").replace("@", "").replace("/", "-"));
  };
  const old = await pack("inner", "1.0.0", {});
  const recent = await pack("inner", "2.0.0", {});
  const scoped = await pack("@scope/outer", "3.0.0", { inner: `file:${recent}` });
  const app = newFolder("npm/app");
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", version: "0.0.1" }));
  await runWell(["npm", "install", "--offline", "--no-audit", "--no-fund", "--silent", old, scoped], {
    cwd: app,
  });
  const { tree } = treeOfFolder(join(folder, "npm"));
  const index = await readPackages(tree, noFacts);
  const { packages, unreadable } = index;
  expect(unreadable).toEqual([]);
  const listed = (await runWell(["npm", "ls", "--all", "--parseable", "--long"], { cwd: app }))
    .trim()
    .split("\n");
  const expected = listed.flatMap((line) =>
    line.includes("node_modules/") ? [`npm/${line.split(":")[1] ?? ""}`] : [],
  );
  expect(packages.map(packageId).sort()).toEqual(expected.sort());
  expect(expected).toHaveLength(3);
  const unowned = [...tree.walk()].filter(
    (entry) => entry.kind !== "directory" && index.ownerOf(entry) === undefined,
  );
  expect(unowned.map((entry) => entry.path)).toEqual([
    "/app/node_modules/.package-lock.json",
    "/app/package-lock.json",
    "/app/package.json",
  ]);
});

const noGo = missingProgram("go");

test.skipIf(noGo !== undefined)(`a program that go built is its module's${because(noGo)}`, async () => {
  const source = newFolder("go/src");
  writeFileSync(join(source, "go.mod"), "module example.test/served\n\ngo 1.19\n");
  mkdirSync(join(source, "cmd/server"), { recursive: true });
  writeFileSync(join(source, "cmd/server/main.go"), "package main\n\nfunc main() {}\n");
  const root = newFolder("go/root/app");
  await runWell(["go", "build", "-o", join(root, "renamed"), "./cmd/server"], {
    cwd: source,
    env: { CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOCACHE: join(folder, "go/cache"), GOTOOLCHAIN: "local" },
  });
  cpSync(join(root, "renamed"), join(root, "again"));
  const { tree, facts } = treeOfFolder(join(folder, "go/root"));
  const index = await readPackages(tree, facts);
  const told = (await runWell(["go", "version", "-m", join(root, "renamed")]))
    .split("\n")
    .map((line) => line.split("\t"));
  const path = told.find((line) => line[1] === "path")?.[2];
  expect(path).toBe("example.test/served/cmd/server");
  const owner = tree.lookup("/app/renamed" as TreePath);
  expect(owner === undefined ? undefined : index.ownerOf(owner)).toMatchObject({
    type: "go",
    name: path,
    version: "(devel)",
  });
  expect(index.packages).toHaveLength(2);
});
