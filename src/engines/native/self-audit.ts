// The audit of what a build is about to write: the same rules as for anybody's image, on the tree that ships and the closure
// that chose it. Packages come from the entries' origins: the lock is the best database there is.
import { reportOf } from "../../audit/audit.ts";
import type { AuditReport, Finding } from "../../audit/finding.ts";
import { launchOfImage } from "../../audit/launch.ts";
import type { Level } from "../../audit/levels.ts";
import type { InstalledPackage, PackageIndex } from "../../audit/packages/package.ts";
import { textOf } from "../../audit/prepare.ts";
import { auditedClosure } from "../../audit/roles.ts";
import type { RuleId } from "../../audit/rules.ts";
import { readStartupTexts } from "../../audit/startup/scripts.ts";
import type { Subject } from "../../audit/subject.ts";
import { readSettings } from "../../closure/settings.ts";
import { nameOf } from "../../debian/package.ts";
import type { ImageConfig } from "../../oci/model.ts";
import type { Entry } from "../../tree/entry.ts";
import { path } from "../../tree/path.ts";
import type { Tree } from "../../tree/tree.ts";
import type { ComposedPhase } from "./packages/compose-phase.ts";
import type { KnownPackage } from "./packages/package-view.ts";

/** What keeps an image from a better level, and what of the request brought it. */
export interface LevelFinding {
  readonly rule: RuleId;
  readonly atMost: Level;
  readonly path?: string;
  readonly what: string;
  /** A locked package by name, or what the spec declares ("files /etc/x"); absent where it is the config's own. */
  readonly broughtBy?: { readonly package: string } | { readonly declared: string };
}

/** @throws ToolError "limit", and what reading files throws */
export async function auditBuilt(
  phase: ComposedPhase,
  tree: Tree,
  image: { readonly name: string; readonly platform: string; readonly config: ImageConfig },
): Promise<AuditReport> {
  const { closure, facts } = phase;
  const { config, name, platform } = image;
  const launch = launchOfImage(config, {}, config.architecture);
  const texts = new Map([
    ...(await readSettings(tree)),
    ...(await readStartupTexts(tree, facts, launch, (at) => textOf(tree, at))),
  ]);
  const packages = packagesOf(phase.packages);
  const subject: Subject = {
    tree,
    facts,
    layers: [],
    config,
    launch,
    closure: auditedClosure(closure, tree, facts),
    packages,
    texts,
  };
  return reportOf(subject, { reference: name, platform });
}

/** The findings that hold the level down, as a build remembers them. */
export function levelFindings({ findings }: AuditReport, tree: Tree): readonly LevelFinding[] {
  return findings.flatMap((one): LevelFinding[] => {
    if (one.atMost === undefined) return [];
    const broughtBy = bringerOf(one, tree);
    return [
      {
        rule: one.rule,
        atMost: one.atMost,
        ...(one.path === undefined ? {} : { path: one.path }),
        what: one.what,
        ...(broughtBy === undefined ? {} : { broughtBy }),
      },
    ];
  });
}

function bringerOf({ path: at }: Finding, tree: Tree): LevelFinding["broughtBy"] {
  const origin = (at === undefined ? undefined : tree.lookup(at))?.origins.at(-1);
  switch (origin?.kind) {
    case "package":
      return { package: nameOf(origin.package) };
    case "effect":
      return origin.package === undefined ? undefined : { package: nameOf(origin.package) };
    case "declared":
      return { declared: origin.what };
    case "stage":
      return { declared: `copy from ${origin.stage}` };
    default:
      return undefined;
  }
}

function packagesOf(known: readonly KnownPackage[]): PackageIndex {
  const byId = new Map(
    known.map(({ control, locked }): [string, InstalledPackage] => [
      control.id,
      {
        type: "deb",
        name: locked.name,
        version: locked.version,
        architecture: locked.architecture,
        depends: locked.depends,
        source: path("/var/lib/dpkg/status.d"),
      },
    ]),
  );
  return {
    packages: [...byId.values()],
    ownerOf: (entry) => ownerIn(byId, entry),
    unreadable: [],
  };
}

function ownerIn(byId: ReadonlyMap<string, InstalledPackage>, entry: Entry): InstalledPackage | undefined {
  const origin = entry.origins.findLast((one) => one.kind === "package" || one.kind === "effect");
  const id = origin?.kind === "package" || origin?.kind === "effect" ? origin.package : undefined;
  return id === undefined ? undefined : byId.get(id);
}
