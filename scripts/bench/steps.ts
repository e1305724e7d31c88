// Dockerfiles, beside BuildKit: what a step costs, a build that does nothing, a context of 20,000 files, and the article's Go
// service. Both builders get the same base images from one registry of this machine.
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { corpusImage, corpusMissing } from "../../testing/base-images/corpus.ts";
import { golangImage, golangMissing } from "../../testing/base-images/golang.ts";
import { startBaseRegistry } from "../../testing/base-images/registry.ts";
import { type Buildkitd, buildkitdMissing, startBuildkitd } from "../../testing/engines/buildkitd.ts";
import type { Scenario } from "../bench.ts";
import { has } from "./peers.ts";

export interface StepBench {
  readonly scenarios: readonly Scenario[];
  stop(): Promise<void>;
}

/** RUN lines of the two files whose difference is the cost of a step. */
const [few, many] = [2, 22];
const filesInContext = 20_000;

/** Nothing where a base image or the registry can't be had here; that is said. */
export async function stepScenarios(folder: string, distill: string): Promise<StepBench> {
  const missing =
    corpusMissing ?? golangMissing ?? (has("docker-registry") ? undefined : "no docker-registry");
  if (missing !== undefined) {
    process.stderr.write(`without Dockerfiles: ${missing}\n`);
    return { scenarios: [], stop: () => Promise.resolve() };
  }
  const bases = await startBaseRegistry();
  await bases.add("library/alpine:3.14", { images: [await corpusImage("alpine", folder)] });
  await bases.add("library/golang:1.21.5-alpine", await golangImage());
  const peer = await startPeer(bases.host);
  const place: Place = { folder, distill, environment: bases.environment, peer };
  return {
    scenarios: [steps(place, few), steps(place, many), unchanged(place), context(place), ...goService(place)],
    async stop(): Promise<void> {
      await peer?.stop();
      await bases.stop();
    },
  };
}

interface Place {
  readonly folder: string;
  readonly distill: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly peer: Buildkitd | undefined;
}

interface Settings {
  readonly name: string;
  readonly what: string;
  readonly target: string;
  readonly context: string;
  readonly noCache: boolean;
  readonly prepare?: () => void;
}

function scenario(place: Place, { name, what, target, context, noCache, prepare }: Settings): Scenario {
  const { distill, environment, folder, peer } = place;
  const output = join(folder, `${name}.tar`);
  const flags = noCache ? ["--no-cache"] : [];
  const cache = ["--cache-dir", join(folder, "step-cache")];
  const before = prepare === undefined ? {} : { prepare };
  return {
    name,
    what,
    target,
    ours: {
      name: "distill",
      ...before,
      argv: [distill, "build", context, "--quiet", ...cache, ...flags, "-o", `oci-archive:${output}`],
      env: environment,
    },
    peer:
      peer === undefined
        ? undefined
        : {
            name: "BuildKit",
            ...before,
            argv: [
              ...[
                peer.client,
                "--addr",
                peer.address,
                "build",
                "--progress=plain",
                "--frontend=dockerfile.v0",
              ],
              ...["--local", `context=${context}`, "--local", `dockerfile=${context}`],
              ...["--output", `type=oci,dest=${output}`, ...flags],
            ],
          },
  };
}

function project(place: Place, name: string, dockerfile: string): string {
  const context = join(place.folder, name);
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  return context;
}

/** The cost of one step is the difference of two of these, by the difference of their steps. */
function steps(place: Place, count: number): Scenario {
  const lines = Array.from({ length: count }, (_, index) => `RUN true ${index}\n`).join("");
  const context = project(place, `steps-${count}`, `FROM alpine:3.14\n${lines}`);
  return scenario(place, {
    name: `steps-${count}`,
    what: `${count} steps that do nothing`,
    target: "0.50",
    context,
    noCache: true,
  });
}

function unchanged(place: Place): Scenario {
  const context = project(place, "unchanged", "FROM alpine:3.14\nCOPY . /app\nRUN echo done > /done\n");
  writeFileSync(join(context, "file"), "content");
  return scenario(place, {
    name: "steps-unchanged",
    what: "a Dockerfile, unchanged",
    target: "0.30",
    context,
    noCache: false,
  });
}

function context(place: Place): Scenario {
  const at = project(place, "files", "FROM scratch\nCOPY . /app\n");
  for (let index = 0; index < filesInContext; index++) {
    const below = join(at, String(index % 200));
    if (index < 200) mkdirSync(below, { recursive: true });
    writeFileSync(join(below, `file-${index}`), randomBytes(256 + (index % 1024)));
  }
  return scenario(place, {
    name: "steps-files",
    what: `COPY of ${filesInContext.toLocaleString("en")} files`,
    target: "1.0",
    context: at,
    noCache: true,
    // One file differs, so that neither builder knows the result.
    prepare: () => writeFileSync(join(at, "changed"), randomBytes(64)),
  });
}

function goService(place: Place): readonly Scenario[] {
  const at = join(place.folder, "go-app");
  cpSync("examples/go-app", at, { recursive: true });
  const change = (): void =>
    writeFileSync(
      join(at, "version.go"),
      `package main\n\nconst version = "${randomBytes(8).toString("hex")}"\n`,
    );
  return [
    scenario(place, {
      name: "steps-go-cold",
      what: "the Go service, nothing cached",
      target: "0.80",
      context: at,
      noCache: true,
      prepare: () => rmSync(join(place.folder, "step-cache"), { recursive: true, force: true }),
    }),
    scenario(place, {
      name: "steps-go-changed",
      what: "the Go service, one file changed",
      target: "0.80",
      context: at,
      noCache: false,
      prepare: change,
    }),
  ];
}

/** Says why there is none. */
async function startPeer(mirror: string): Promise<Buildkitd | undefined> {
  const missing = buildkitdMissing();
  if (missing === undefined) return startBuildkitd(mirror);
  process.stderr.write(`without BuildKit: ${missing}\n`);
  return undefined;
}
