// Runs a command as a whole process and reads what it cost: wall time, CPU time of it and its children, peak memory.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Of the largest process. */
  readonly rssMib: number;
}

/** One run under GNU time. A command that fails ends the bench: its figures would mean nothing. */
export function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Cost {
  const folder = mkdtempSync(join(tmpdir(), "distill-bench-"));
  const report = join(folder, "time");
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync("/usr/bin/time", ["-o", report, "-f", "%U %S %M", ...argv], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const wallMs = Number(process.hrtime.bigint() - started) / 1e6;
  if (status !== 0) throw new Error(`${argv.join(" ")}: exit code ${String(status)}\n${stderr}`);
  const [user = 0, system = 0, rss = 0] = readFileSync(report, "utf8").trim().split(" ").map(Number);
  rmSync(folder, { recursive: true });
  return { wallMs, cpuMs: (user + system) * 1000, rssMib: rss / 1024 };
}

/** The run with the median wall time of each figure, taken figure by figure. */
export function medianOf(costs: readonly Cost[]): Cost {
  return {
    wallMs: median(costs.map((cost) => cost.wallMs)),
    cpuMs: median(costs.map((cost) => cost.cpuMs)),
    rssMib: median(costs.map((cost) => cost.rssMib)),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export interface Contender {
  readonly name: string;
  /** Brings things into the state that the run starts from; not measured. */
  readonly prepare?: () => void;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Both in turn, ours first, so that a machine whose speed drifts treats them alike. */
export function compare(
  ours: Contender,
  peer: Contender | undefined,
  rounds: number,
): { readonly ours: Cost; readonly peer: Cost | undefined } {
  const costs: { ours: Cost[]; peer: Cost[] } = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    ours.prepare?.();
    costs.ours.push(run(ours.argv, ours.env));
    if (peer === undefined) continue;
    peer.prepare?.();
    costs.peer.push(run(peer.argv, peer.env));
  }
  return { ours: medianOf(costs.ours), peer: peer === undefined ? undefined : medianOf(costs.peer) };
}
