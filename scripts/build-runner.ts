// Compiles src/engines/native/runner for both architectures, with Debian bookworm's compilers (gcc, gcc-aarch64-linux-gnu):
// `node scripts/build-runner.ts [FOLDER]`. What it writes depends on the sources and the compiler alone; a conformance test
// compares it with the programs that are committed.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

const sources = join(import.meta.dirname, "../src/engines/native/runner");
const compilers = { amd64: "x86_64-linux-gnu-gcc", arm64: "aarch64-linux-gnu-gcc" } as const;

/** No C library, no relocation, nothing that tells of the machine it was made on. */
const flags = [
  ...["-std=gnu11", "-Os", "-Wall", "-Wextra", "-Werror", "-nostdlib", "-static", "-ffreestanding", "-s"],
  ...["-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-fno-pie", "-no-pie"],
  ...[
    "-fno-ident",
    "-fno-builtin",
    "-fno-tree-loop-distribute-patterns",
    "-ffunction-sections",
    "-fdata-sections",
  ],
  ...[
    "-mgeneral-regs-only",
    "-Wl,--gc-sections",
    "-Wl,--build-id=none",
    "-Wl,-z,noexecstack",
    "-Wl,-z,norelro",
    "-Wl,-z,noseparate-code",
  ],
];

const target = process.argv[2] ?? join(sources, "bin");
mkdirSync(target, { recursive: true });
const files = readdirSync(sources)
  .filter((name) => name.endsWith(".c"))
  .toSorted();
for (const [architecture, compiler] of Object.entries(compilers)) {
  const extra = architecture === "arm64" ? ["-mno-outline-atomics"] : [];
  const { status, error } = spawnSync(
    compiler,
    [...flags, ...extra, "-o", join(target, architecture), ...files],
    { cwd: sources, stdio: "inherit" },
  );
  if (error !== undefined) process.stderr.write(`${compiler}: ${error.message}\n`);
  if (status !== 0) process.exit(1);
}
