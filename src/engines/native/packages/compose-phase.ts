// The heart of a native build: locked packages become a tree, and the closure decides what of it ships. Packages are
// unpacked only when the closure asks for them (docs/decisions/0002).

import { isDeepStrictEqual } from "node:util";
import type { Cache, StoredBlob } from "../../../base/cache.ts";
import { ToolError } from "../../../base/errors.ts";
import type { Task } from "../../../base/io.ts";
import { close } from "../../../closure/close.ts";
import type { Closure, Declaration, Launch } from "../../../closure/closure.ts";
import { readSettings } from "../../../closure/settings.ts";
import type { Facts } from "../../../content/facts.ts";
import type { Accounts } from "../../../debian/apply/accounts.ts";
import type { RefusedChoice } from "../../../debian/apply/alternatives.ts";
import type { ScriptVerdict } from "../../../debian/effects/effect.ts";
import type { LockedPackage } from "../../../debian/locked.ts";
import type { PackageContents } from "../../../debian/package.ts";
import type { Unpacker } from "../../../debian/unpack.ts";
import type { GlobRequest, ImagePlan } from "../../../graph/plan.ts";
import type { FileEntry } from "../../../tree/entry.ts";
import type { Tree } from "../../../tree/tree.ts";
import { type AddedEntries, entriesOf, linksTowards } from "./additions.ts";
import type { Copies } from "./context-files.ts";
import { verdictsOf } from "./effects.ts";
import { foreseen, foresightKey, remember } from "./foresight.ts";
import { effectsIn, type LaidTree, layTree } from "./lay-tree.ts";
import {
  addContents,
  nothingUnpacked,
  readControls,
  type Unpacked,
  unpackWanted,
} from "./package-contents.ts";
import { type Catalogue, catalogueOf, type KnownPackage, packageView } from "./package-view.ts";
import type { StageTrees } from "./stage-files.ts";
import { nothingPulled, type Pulled, type PulledLibrary, pullLibraries } from "./stage-libraries.ts";

export interface PhaseInput {
  readonly plan: ImagePlan;
  /** Of this phase on this platform, with the .deb of each, in the same order. */
  readonly packages: readonly LockedPackage[];
  readonly debs: readonly StoredBlob[];
  /** Debian's name: "amd64". */
  readonly architecture: string;
  /** Of the plan's additions. */
  readonly copies: Copies;
  /** Seconds since the epoch, for everything that no package dates. */
  readonly mtime: number;
  /** Those that the plan copies from; absent where it copies from none. */
  readonly stages?: StageTrees;
}

export interface Services {
  readonly cache: Cache;
  readonly unpacker: Unpacker;
  readonly task: Task;
  /** Names this very program: what it decided is remembered for it alone. */
  readonly program: string;
}

export interface ComposedPhase {
  /** Everything that was composed: what ships and what doesn't. */
  readonly tree: Tree;
  readonly facts: (file: FileEntry) => Facts;
  readonly closure: Closure;
  readonly launch: Launch;
  readonly accounts: Accounts;
  readonly packages: readonly KnownPackage[];
  readonly verdicts: readonly ScriptVerdict[];
  /** Packages whose content was needed. */
  readonly unpacked: ReadonlySet<string>;
  /** Libraries of stages that nothing else supplies. */
  readonly pulled: readonly PulledLibrary[];
}

/**
 * Composes a phase until its closure asks for nothing more.
 *
 * Scripts are judged twice: by control data alone while packages are still being unpacked, and once more when the closure is
 * content, with what the unpacked files say. Where that changes what scripts do, the closure is asked again.
 * @throws InvalidInput for additions that can't be made; ToolError as unpacking, composing and effects do
 */
export async function composePhase(input: PhaseInput, services: Services): Promise<ComposedPhase> {
  const packages = await readControls(input, services);
  const catalogue = catalogueOf(packages);
  const progress: Progress = { ...nothingUnpacked(), consulted: new Map() };
  const key = foresightKey(input, await readAdditions(input), services.program);
  let pulled = nothingPulled;
  const known = await foreseen(services.cache, key);
  let wanted = known ?? firstWanted(input.plan, packages, catalogue);
  let verdicts: readonly ScriptVerdict[] | undefined;
  for (;;) {
    await addContents(wanted, input, packages, progress, services);
    verdicts ??= await judge(input, packages, known === undefined ? new Map() : progress.contents, services);
    const { refusedChoices, ...composed } = await composeRound({
      ...input,
      known: packages,
      catalogue,
      progress,
      verdicts,
      pulled,
    });
    wanted = composed.closure.deferred;
    if (wanted.size > 0) continue;
    const more = await pullMissing(input, composed, pulled, services);
    if (more !== pulled) {
      pulled = more;
      continue;
    }
    const final = await judgeShipped(input, composed, catalogue, progress, services);
    if (isDeepStrictEqual(effectsIn(final), effectsIn(verdicts))) {
      refuseChoices(input.plan, refusedChoices);
      if (known === undefined) await remember(services.cache, key, composed.unpacked);
      return { ...composed, verdicts: final };
    }
    verdicts = final;
  }
}

/** What stages have of what the closure misses. */
async function pullMissing(
  { copies, mtime, packages, stages }: PhaseInput,
  { closure, facts, launch, tree }: Pick<ComposedPhase, "closure" | "facts" | "launch" | "tree">,
  before: Pulled,
  { cache }: Services,
): Promise<Pulled> {
  if (stages === undefined || closure.missing.length === 0) return before;
  const settings = await readSettings(tree);
  const hasPackages = packages.length > 0;
  return pullLibraries(
    { closure, tree, facts, launch, settings, copies, stages, hasPackages, cache, mtime },
    before,
  );
}

/** An init image holds everything; else it starts with what was asked for by name. */
function firstWanted(
  plan: ImagePlan,
  packages: readonly KnownPackage[],
  catalogue: Catalogue,
): ReadonlySet<string> {
  return plan.content === "whole" ? new Set(packages.map(({ control }) => control.id)) : catalogue.requested;
}

/** What the spec adds, before anybody knows the accounts. @throws InvalidInput for copies that can't be made */
async function readAdditions({ plan, copies, mtime }: PhaseInput): Promise<AddedEntries> {
  return entriesOf(plan.additions, { copies, mtime, ownerOf: () => ({ uid: 0, gid: 0 }) });
}

function judge(
  { architecture, plan }: PhaseInput,
  packages: readonly KnownPackage[],
  contents: ReadonlyMap<string, PackageContents>,
  { cache, program }: Services,
): Promise<readonly ScriptVerdict[]> {
  return verdictsOf({ packages, contents, architecture, ignored: plan.ignoredEffects, program }, cache);
}

/**
 * The verdicts with all that unpacked files say. A script of a package that ships may source a file of one that doesn't:
 * that package is unpacked to be read, and stays out of the tree.
 */
async function judgeShipped(
  input: PhaseInput,
  { closure, tree, packages }: ComposedPhase,
  catalogue: Catalogue,
  progress: Progress,
  services: Services,
): Promise<readonly ScriptVerdict[]> {
  const shipped = new Set<string>();
  for (const path of closure.reasons.keys()) {
    const entry = tree.lookup(path);
    if (entry === undefined || entry.kind === "directory") continue;
    for (const origin of entry.origins) if (origin.kind === "package") shipped.add(origin.package);
  }
  for (;;) {
    const readable = new Map([...progress.consulted, ...progress.contents]);
    const verdicts = await judge(input, packages, readable, services);
    const sources = verdicts
      .filter(({ package: id, verdict }) => verdict === "unknown" && shipped.has(id))
      .flatMap(({ reads }) => reads.flatMap((path) => catalogue.byPath.get(path) ?? []))
      .filter((id) => !readable.has(id));
    if (sources.length === 0) return verdicts;
    for (const contents of await unpackWanted(
      new Set(sources),
      input,
      packages,
      progress.consulted,
      services,
    )) {
      progress.consulted.set(contents.id, contents);
    }
  }
}

/** What grows from round to round. */
interface Progress extends Unpacked {
  /** Unpacked only to be read by those who judge scripts. */
  readonly consulted: Map<string, PackageContents>;
}

interface Round extends PhaseInput {
  readonly known: readonly KnownPackage[];
  readonly catalogue: Catalogue;
  readonly progress: Progress;
  readonly verdicts: readonly ScriptVerdict[];
  readonly pulled: Pulled;
}

async function composeRound(round: Round): Promise<ComposedPhase & Pick<LaidTree, "refusedChoices">> {
  const { plan, known, catalogue, progress, verdicts } = round;
  const pulled = round.pulled.libraries;
  const { accounts, facts, refusedChoices, tree } = await layTree({ ...round, unpacked: progress });
  const launch = launchOf(plan, round.architecture);
  const unpacked = new Set(progress.contents.keys());
  const closure = close({
    tree,
    facts,
    launch,
    keep: keptBy(plan, known.length > 0, tree),
    drop: plan.drop.map(declaration("drop")),
    packages: packageView(catalogue, unpacked),
    settings: await readSettings(tree),
  });
  const packages = known;
  return { tree, facts, closure, launch, accounts, packages, verdicts, unpacked, pulled, refusedChoices };
}

/** Programs expect these folders, scanners the release; nothing else of the base ships unless something needs it. */
const baseKept = ["/tmp", "/run", "/var/tmp", "/var/run", "/etc/os-release", "/usr/lib/os-release"];

/** The init phase shares the choices of the run phase, not its packages. @throws ToolError "invalid-input" */
function refuseChoices({ phase }: ImagePlan, refused: readonly RefusedChoice[]): void {
  const [first] = refused;
  if (first === undefined || phase !== "run") return;
  const { name, wanted, offered } = first;
  throw new ToolError("invalid-input", {
    what: `choosing ${wanted} for the alternative ${name}`,
    why: offered.length === 0 ? "no package has an alternative of that name" : "no package offers it",
    ...(offered.length === 0 ? {} : { hint: `there is ${offered.join(", ")}` }),
  });
}

/** What stays because somebody said so. Everything that the spec adds stays by its origin. */
function keptBy(plan: ImagePlan, hasPackages: boolean, tree: Tree): Declaration[] {
  if (plan.content === "whole") return [{ glob: "/**", source: "an init image holds its packages whole" }];
  const base = hasPackages ? baseKept : [];
  return [
    ...plan.keep.map(declaration("keep")),
    ...[...linksTowards(tree, plan.additions)].map((glob) => ({ glob, source: "the way to what is added" })),
    ...base.map((glob) => ({ glob, source: "the base of every image with packages" })),
  ];
}

function declaration(field: string): (request: GlobRequest) => { glob: string; source: string } {
  return ({ glob, span }) => ({
    glob,
    source: span === undefined ? field : `${field} ${glob} (${span.file}:${span.line})`,
  });
}

/** The launch that a plan's config means. */
export function launchOf({ config }: ImagePlan, architecture: string): Launch {
  const env = (config.Env ?? []).map((one): [string, string] => {
    const cut = one.indexOf("=");
    return [one.slice(0, cut), one.slice(cut + 1)];
  });
  return {
    entrypoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    env: Object.fromEntries(env),
    workingDir: config.WorkingDir ?? "/",
    user: config.User ?? "",
    healthcheck: config.Healthcheck?.Test ?? [],
    architecture,
  };
}
