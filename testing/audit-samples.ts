// Small images on disk for tests of the commands that look into images, and command lines run beside them.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect } from "../src/base/bytes.ts";
import { commands } from "../src/cli/registry.ts";
import { makeImageSet } from "../src/oci/derive.ts";
import { dockerArchive } from "../src/oci/docker-archive-writer.ts";
import type { Image, Layer, RunConfig } from "../src/oci/model.ts";
import { application, over } from "./adversarial/workshop.ts";
import { elfOf, type TarEntry, tarOf } from "./builders.ts";
import { type Ran, type RunOptions, runInMemory } from "./cli.ts";
import { type Files, filesAsFolder, filesAsTar, imageOf, layoutFiles, tarLayer } from "./layouts.ts";

/** A static program as a numeric user, with all labels: sealed, but for what these layers put over it. */
export function sampleUnder(layers: readonly Layer[], run: RunConfig = {}): Image {
  return over(layers, { run });
}

/** Recognised as bash by its symbols; there is no code in it. */
export const bashEntry: TarEntry = {
  name: "opt/helper",
  mode: 0o755,
  content: elfOf({
    type: "executable",
    exports: ["shell_builtins", "eval_builtin"],
    strings: ["@(#)Bash version 5.2.15(1) release GNU", "BASH_EXECUTION_STRING"],
  }),
};

const token = `token = "${["glpat", "Ab1dE2fG3hI4jK5lM6n7"].join("-")}"
`;

export const samples: Readonly<Record<"sealed" | "root" | "shell" | "layered", Image>> = {
  /** One static program, a numeric user, all labels: nothing to complain of. */
  sealed: sampleUnder([]),
  /** The same as root. */
  root: sampleUnder([], { User: "" }),
  /** With bash under another name. */
  shell: sampleUnder([tarLayer([bashEntry])]),
  /** A token that the upper layer deletes; two names of one file, and links. */
  layered: sampleUnder([
    tarLayer([
      { name: "etc/", mode: 0o755 },
      { name: "etc/token", content: token },
      { name: "srv/", mode: 0o755 },
      { name: "srv/data", content: "data" },
      { name: "srv/same", kind: "hardlink", target: "srv/data" },
      { name: "srv/link", target: "data" },
      { name: "srv/broken", target: "nowhere" },
    ]),
    tarLayer([{ name: "etc/.wh.token", content: "" }]),
  ]),
};

export interface Shelf {
  /** Holds each sample as an OCI layout of its name; `index` (two platforms), `*.docker.tar`, `root.tar`, `rootfs/`, `oci.tar`. */
  readonly folder: string;
  /** What audits put into the system's folder for temporary files while they run. */
  readonly scratch: string;
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>;
  write(name: string, content: string | Uint8Array): Promise<string>;
  layout(name: string, files: Files): Promise<void>;
  close(): Promise<void>;
}

export async function openShelf(): Promise<Shelf> {
  const folder = await mkdtemp(join(tmpdir(), "distill-shelf-"));
  const scratch = join(folder, "tmp");
  await mkdir(scratch);
  for (const [name, image] of Object.entries(samples)) {
    await filesAsFolder(await layoutFiles(makeImageSet([image])), join(folder, name));
  }
  const arm = imageOf([tarLayer([application, bashEntry])], { architecture: "arm64" });
  await filesAsFolder(await layoutFiles(makeImageSet([samples.sealed, arm])), join(folder, "index"));
  await writeFile(join(folder, "oci.tar"), filesAsTar(await layoutFiles(makeImageSet([samples.sealed]))));
  const archive = dockerArchive(samples.shell, ["example.test/shell:1"]);
  await writeFile(join(folder, "shell.docker.tar"), await collect(archive, 1 << 24, "an archive"));
  await writeFile(join(folder, "root.tar"), tarOf([application, bashEntry]));
  await mkdir(join(folder, "rootfs/opt"), { recursive: true });
  for (const { content = "", mode, name } of [application, bashEntry]) {
    await writeFile(join(folder, "rootfs", name), content, { mode: mode ?? 0o644 });
  }
  return {
    folder,
    scratch,
    run: (argv, options = {}) =>
      runInMemory(argv, commands, {
        cwd: folder,
        ...options,
        env: { DISTILL_CACHE_DIR: join(folder, "cache"), ...options.env },
      }),
    async write(name, content) {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    },
    layout: (name, files) => filesAsFolder(files, join(folder, name)),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Of `audit --format json`, what tests look at. */
export interface ToldAudit {
  readonly image: { readonly reference: string; readonly digest: string | null; readonly platform: string };
  readonly verdict: {
    readonly level: string;
    readonly determinate: boolean;
    readonly accepted: string | null;
  };
  readonly findings: readonly ToldFinding[];
  readonly residue: readonly ToldFinding[];
  readonly unknown: readonly { readonly path: string; readonly why: string }[];
  readonly packages: readonly {
    readonly type: string;
    readonly name: string;
    readonly version: string;
    readonly architecture: string | null;
  }[];
}

interface ToldFinding {
  readonly rule: string;
  readonly path: string | null;
  readonly what: string;
  readonly atMost: string | null;
  readonly waived: { readonly reason: string; readonly expires: string | null } | null;
}
