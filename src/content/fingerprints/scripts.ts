// Programs that are scripts, by what their text does: front ends of package managers, mostly.
import type { RandomAccess } from "../../formats/random-access.ts";
import type { Identity, ProgramKind } from "../identity.ts";
import { grepFor } from "./evidence.ts";

interface ScriptFingerprint {
  readonly id: string;
  readonly kind: ProgramKind;
  readonly name: string;
  /** Alternatives; all texts of one are there. */
  readonly signs: readonly (readonly string[])[];
}

export const scriptFingerprints: readonly ScriptFingerprint[] = [
  {
    id: "pip",
    kind: "package-manager",
    name: "pip",
    signs: [
      ["from pip._internal.cli.main import main", "sys.exit(main())"],
      ["from pip._internal.main import main", "sys.exit("],
      ["load_entry_point('pip", "console_scripts"],
    ],
  },
  {
    id: "npm",
    kind: "package-manager",
    name: "npm",
    signs: [
      ["#!/usr/bin/env node", "require('../lib/cli.js')(process)"],
      ["require('../lib/cli.js')", "npx"],
    ],
  },
  {
    id: "yarn",
    kind: "package-manager",
    name: "Yarn",
    signs: [["yarn-lockfile", "package.json", "YARN_"]],
  },
  {
    id: "gem",
    kind: "package-manager",
    name: "RubyGems",
    signs: [["rubygems/gem_runner", "Gem::GemRunner.new.run"]],
  },
  {
    id: "composer",
    kind: "package-manager",
    name: "Composer",
    signs: [
      ["Composer\\Console\\Application", "COMPOSER_BINARY"],
      ["Phar::mapPhar('composer.phar')", "composer.phar"],
    ],
  },
  {
    id: "dnf",
    kind: "package-manager",
    name: "DNF",
    signs: [
      ["dnf.cli", "from dnf.cli import main"],
      ["The dnf executable script", "main.user_main("],
    ],
  },
  {
    id: "yum",
    kind: "package-manager",
    name: "yum",
    signs: [["import yummain", "yummain.user_main("]],
  },
  {
    id: "cpan",
    kind: "package-manager",
    name: "CPAN",
    signs: [["use App::Cpan", "App::Cpan->run"]],
  },
];

/** Programs that an interpreter finds by their module's name (`python3 -m pip`): no `#!` line begins them. */
const moduleFingerprints: readonly ScriptFingerprint[] = [
  {
    id: "pip",
    kind: "package-manager",
    name: "pip",
    signs: [["from pip._internal.cli.main import main as _main", "sys.exit(_main())"]],
  },
];

/** What is looked at of a script. */
const scriptBytesMax = 65_536;
/** Of the file that starts a module: it is small, and texts are many. */
const moduleBytesMax = 4096;

/** What a text is recognised as; it begins with a `#!` line. */
export function scriptIdentities(source: RandomAccess): readonly Identity[] {
  return identitiesOf(source, scriptFingerprints);
}

/** What a text without such a line is recognised as. */
export function moduleIdentities(source: RandomAccess): readonly Identity[] {
  return source.sizeBytes > moduleBytesMax ? [] : identitiesOf(source, moduleFingerprints);
}

function identitiesOf(source: RandomAccess, fingerprints: readonly ScriptFingerprint[]): readonly Identity[] {
  const text = Buffer.from(source.read(0, Math.min(source.sizeBytes, scriptBytesMax))).toString("latin1");
  return fingerprints.flatMap(({ id, kind, name, signs }): Identity[] => {
    const found = signs.find((texts) => texts.every((one) => text.includes(one)));
    if (found === undefined) return [];
    const evidence = found.map((one) => ({
      what: `text ${JSON.stringify(one)} at byte ${text.indexOf(one)}`,
      check: grepFor(one),
    }));
    return [{ id, kind, name, evidence, confirmed: evidence.length > 1 }];
  });
}
