// A project on disk beside a signed repository, and command lines run in it.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { commands } from "../src/cli/registry.ts";
import { debOf } from "./builders.ts";
import { type Ran, runInMemory } from "./cli.ts";
import { makeKey, serveRepository, type TestKey, type TestRepository } from "./debian-repository.ts";
import { contentOf, type Samples } from "./phases.ts";

export interface TestProject {
  readonly folder: string;
  readonly repository: TestRepository;
  /** Runs a command line in the project's folder. */
  run(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Writes files of the project. */
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  read(name: string): Promise<string>;
  /** The repository's packages from then on. */
  publish(samples: Samples): Promise<void>;
  close(): Promise<void>;
}

const published = new Date("2026-03-01T10:00:00Z");
const current = new Date("2026-03-02T10:00:00Z").getTime();

/** What every spec here begins with: one suite of the repository, and its key. */
export const specHead = `apiVersion: distill/v1
name: app
platforms: [linux/amd64]
repositories: [{debian: bookworm, suites: [bookworm], keyring: keys.gpg}]
`;

let key: Promise<TestKey> | undefined;

export async function openProject(): Promise<TestProject> {
  key ??= makeKey(new Date("2026-01-01T00:00:00Z"));
  const signer = await key;
  const folder = await mkdtemp(join(tmpdir(), "distill-project-"));
  const repository = await serveRepository();
  const project: TestProject = {
    folder,
    repository,
    run: (argv, env = {}) =>
      runInMemory(argv, commands, {
        cwd: folder,
        env: {
          DISTILL_CACHE_DIR: join(folder, ".cache"),
          DISTILL_DEBIAN_MIRROR: repository.url,
          ...env,
        },
        now: () => current,
      }),
    async write(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), content);
      }
    },
    read: (name) => readFile(join(folder, name), "utf8"),
    publish: (samples) =>
      repository.publish({
        suite: "bookworm",
        date: published,
        signedBy: [signer],
        packages: Object.entries(samples).map(([name, sample]) => ({
          name,
          version: sample.control?.["Version"] ?? "1.0-1",
          fields: sample.depends === undefined ? {} : { Depends: sample.depends.join(", ") },
          content: debOf(contentOf(name, sample)),
        })),
      }),
    async close() {
      await repository.close();
      await rm(folder, { recursive: true });
    },
  };
  await project.write({ "keys.gpg": signer.publicKey });
  return project;
}
