// `npm run bench`: distill beside its peers, in one run, each figure the median of several rounds in turn. Peers that are not
// installed are named and left out. The table goes to stdout, in the form that docs/performance.md holds.
//
//   npm run bench                 all scenarios, 3 rounds
//   npm run bench -- 5 hot start  5 rounds of the scenarios named
//   npm run bench -- steps        Dockerfiles: the cost of a step, nothing to do, many files, the Go service
//   npm run bench -- audit        all audits; of the layer that DISTILL_BENCH_LAYER names, where it is set

import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDockerRegistry } from "../testing/engines/docker-registry.ts";
import { auditScenarios } from "./bench/audit.ts";
import { type Contender, type Cost, compare, run } from "./bench/measure.ts";
import { type BuildKit, has, startBuildKit } from "./bench/peers.ts";
import { stepScenarios } from "./bench/steps.ts";

export interface Scenario {
  readonly name: string;
  readonly what: string;
  /** Of the peer's wall time; or milliseconds where there is no peer. */
  readonly target: string;
  readonly ours: Contender;
  readonly peer?: Contender | undefined;
}

const [first, ...others] = process.argv.slice(2);
const rounds = first !== undefined && /^\d+$/.test(first) ? Number(first) : 3;
const wanted = new Set(first === undefined || /^\d+$/.test(first) ? others : [first, ...others]);

const mirror = process.env["DISTILL_DEBIAN_MIRROR"] ?? hostMirror();
const folder = mkdtempSync(join(tmpdir(), "distill-bench-"));
const cache = join(folder, "cache");
const distill = join(process.cwd(), "distill");
const transfer = join(import.meta.dirname, "bench", "transfer.ts");
// As the command starts: with what it compiled before.
const compiled = { NODE_COMPILE_CACHE: join(folder, "compiled") };
const postgres = join(folder, "postgres");
cpSync("examples/postgres", postgres, { recursive: true });

const withApt =
  "FROM base AS build\nRUN apt-get update && apt-get install -y --no-install-recommends postgresql-15\n";
const peerFile = `${withApt}FROM scratch\nCOPY --from=build / /\n`;

const isWanted = (name: string): boolean =>
  wanted.size === 0 || wanted.has(name) || wanted.has(name.replace(/-.*/, ""));
const names = ["cold", "warm", "hot", "changed", "push", "pull"];
const buildKit = names.some(isWanted) ? await startPeer() : undefined;
const registry = isWanted("push") && has("docker-registry") ? await startDockerRegistry() : undefined;
const steps = isWantedKind("steps") ? await stepScenarios(folder, distill) : undefined;
try {
  const audits = await auditScenarios({ folder, distill, mirror }, isWantedKind("audit"));
  report([...scenarios(), ...audits, ...(steps?.scenarios ?? [])].filter(({ name }) => isWanted(name)));
} finally {
  await steps?.stop();
  await buildKit?.stop();
  await registry?.stop();
  rmSync(folder, { recursive: true, force: true });
}

function isWantedKind(kind: string): boolean {
  return wanted.size === 0 || [...wanted].some((name) => name.startsWith(kind));
}

async function startPeer(): Promise<BuildKit | undefined> {
  const needed = ["buildkitd", "buildctl", "runc", "umoci", "skopeo", "mmdebstrap"].filter(
    (name) => !has(name),
  );
  if (process.getuid?.() === 0 && needed.length === 0) return startBuildKit(folder, mirror);
  process.stderr.write(`without BuildKit: ${needed.length === 0 ? "not root" : `no ${needed.join(", ")}`}\n`);
  return undefined;
}

function scenarios(): readonly Scenario[] {
  return [cold(), warm(), hot(), changed(), start(), ...registryScenarios()];
}

function build(project: string, output: string): readonly string[] {
  return [
    distill,
    "build",
    project,
    "--quiet",
    "--cache-dir",
    cache,
    "-o",
    `oci-archive:${join(folder, output)}`,
  ];
}

function cold(): Scenario {
  return {
    name: "cold",
    what: "postgresql-15, nothing cached",
    target: "0.30",
    ours: {
      name: "distill",
      prepare: () => {
        rmSync(cache, { recursive: true, force: true });
        rmSync(join(postgres, "distill.lock"), { force: true });
      },
      argv: build(postgres, "cold.tar"),
    },
    peer: buildKit && {
      name: "BuildKit, apt",
      prepare: () => buildKit.prune(),
      argv: buildKit.build(peerFile, join(folder, "peer.tar"), true),
    },
  };
}

function warm(): Scenario {
  return {
    name: "warm",
    what: "postgresql-15, .debs cached",
    target: "0.35",
    ours: {
      name: "distill",
      prepare: () => {
        for (const part of ["unpacked", "records"])
          rmSync(join(cache, part), { recursive: true, force: true });
      },
      argv: build(postgres, "warm.tar"),
    },
    peer: has("mmdebstrap") ? mmdebstrapWarm() : undefined,
  };
}

function hot(): Scenario {
  return {
    name: "hot",
    what: "postgresql-15, unchanged",
    target: "<= 250 ms",
    ours: { name: "distill", argv: build(postgres, "hot.tar") },
    peer: buildKit && {
      name: "BuildKit, all cached",
      argv: buildKit.build(peerFile, join(folder, "peer.tar"), false),
    },
  };
}

function changed(): Scenario {
  const spec = join(postgres, "app.yaml");
  const text = readFileSync(join(postgres, "distill.yaml"), "utf8");
  const copy = "run:\n  copy: [{from: context, source: app.bin, target: /opt/app.bin}]";
  writeFileSync(spec, text.replace(/^run:$/m, copy));
  const changeApp = (): void => writeFileSync(join(postgres, "app.bin"), randomBytes(5_000_000));
  return {
    name: "changed",
    what: "one changed 5 MB file",
    target: "0.40",
    ours: { name: "distill", prepare: changeApp, argv: [...build(postgres, "changed.tar"), "-f", spec] },
    peer: buildKit && {
      name: "BuildKit",
      prepare: changeApp,
      argv: buildKit.build(
        `${peerFile}COPY app.bin /opt/app.bin\n`,
        join(folder, "peer.tar"),
        false,
        postgres,
      ),
    },
  };
}

function start(): Scenario {
  return {
    name: "start",
    what: "distill --version",
    target: "+100 ms",
    ours: { name: "distill", argv: [distill, "--version"] },
    peer: { name: "node -e 0", argv: [process.execPath, "-e", "0"] },
  };
}

/** mmdebstrap with the packages already downloaded: an apt hook puts them into its cache. */
function mmdebstrapWarm(): Contender {
  const debs = join(folder, "debs");
  const args = ["--variant=extract", "--include=postgresql-15", "--skip=check/empty"];
  const output = join(folder, "mmdebstrap.tar");
  return {
    name: "mmdebstrap extract",
    prepare: () => {
      if (existsSync(debs)) return;
      mkdirSync(debs);
      const save = `--extract-hook=cp "$1"/var/cache/apt/archives/*.deb ${debs}`;
      run(["mmdebstrap", ...args, "--skip=cleanup/apt", save, "bookworm", output, mirror]);
    },
    argv: [
      ...[
        "mmdebstrap",
        ...args,
        `--setup-hook=mkdir -p "$1"/var/cache/apt/archives && cp ${debs}/*.deb "$1"/var/cache/apt/archives/`,
      ],
      ...["bookworm", output, mirror],
    ],
  };
}

/** Each round goes to a repository of its own, so that nothing is there before. */
function registryScenarios(): readonly Scenario[] {
  if (registry === undefined || !has("skopeo")) return [];
  const { host } = registry;
  const archive = join(folder, "hot.tar");
  const layout = join(folder, "pushed");
  let round = 0;
  const target = (name: string): string => `${host}/${name}-${String(round)}:latest`;
  const names = { ours: "", peer: "" };
  return [
    {
      name: "push",
      what: "push of the image",
      target: "0.60",
      ours: {
        name: "distill",
        prepare: () => {
          round += 1;
          if (!existsSync(layout)) run(["skopeo", "copy", `oci-archive:${archive}`, `oci:${layout}:latest`]);
          names.ours = target("ours");
        },
        get argv() {
          return [process.execPath, transfer, "push", layout, names.ours];
        },
        env: compiled,
      },
      peer: {
        name: "skopeo",
        prepare: () => {
          names.peer = target("peer");
        },
        get argv() {
          return [
            "skopeo",
            "copy",
            "--dest-tls-verify=false",
            `oci:${layout}:latest`,
            `docker://${names.peer}`,
          ];
        },
        // skopeo notes where it sent a blob, and from the second round on would have it mounted from there.
        get env() {
          return { _CONTAINERS_ROOTLESS_UID: "1000", XDG_DATA_HOME: join(folder, `skopeo-${String(round)}`) };
        },
      },
    },
    pullScenario(() => names.ours),
  ];
}

/** @param name what was pushed in the same round */
function pullScenario(name: () => string): Scenario {
  return {
    name: "pull",
    what: "pull of the image",
    target: "0.60",
    ours: {
      name: "distill",
      prepare: () => rmSync(join(folder, "pulled"), { recursive: true, force: true }),
      get argv() {
        return [process.execPath, transfer, "pull", join(folder, "pulled"), name()];
      },
      env: compiled,
    },
    peer: {
      name: "skopeo",
      prepare: () => rmSync(join(folder, "pulled-peer"), { recursive: true, force: true }),
      get argv() {
        return [
          "skopeo",
          "copy",
          "--src-tls-verify=false",
          `docker://${name()}`,
          `oci:${join(folder, "pulled-peer")}:latest`,
        ];
      },
    },
  };
}

function report(chosen: readonly Scenario[]): void {
  const lines = [
    "| scenario | distill wall / CPU s / MiB | peer | wall / CPU s / MiB | ratio | target |",
    "|---|---|---|---|---|---|",
  ];
  for (const scenario of chosen) {
    process.stderr.write(`${scenario.name} ...\n`);
    const { ours, peer } = compare(scenario.ours, scenario.peer, rounds);
    const ratio = peer === undefined ? "" : (ours.wallMs / peer.wallMs).toFixed(2);
    const theirs = peer === undefined ? "" : figures(peer);
    lines.push(
      `| ${scenario.what} | ${figures(ours)} | ${scenario.peer?.name ?? ""} | ${theirs} | ${ratio} | ${scenario.target} |`,
    );
  }
  process.stdout.write(`${lines.join("\n")}\n`);
}

function figures(cost: Cost): string {
  return `${(cost.wallMs / 1000).toFixed(2)} / ${(cost.cpuMs / 1000).toFixed(2)} / ${cost.rssMib.toFixed(0)}`;
}

function hostMirror(): string {
  const sources = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"].filter((file) =>
    existsSync(file),
  );
  const found = sources
    .map((file) => /https?:\/\/\S+/.exec(readFileSync(file, "utf8").replace(/^\s*#.*$/gm, "")))
    .find(Boolean);
  if (found === undefined || found === null) throw new Error("set DISTILL_DEBIAN_MIRROR");
  return found[0];
}
