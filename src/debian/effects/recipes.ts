// Packages whose scripts compute something from the running machine, or are programs of their own: what comes of them on a
// fresh image, as data with the reason. Everything else is read from the scripts.
import { path } from "../../tree/path.ts";
import { nameOf, type PackageControl } from "../package.ts";
import type { EffectAction, ScriptVerdict } from "./effect.ts";
import { triggerEffects } from "./triggers.ts";

interface Recipe {
  readonly package: RegExp;
  readonly why: string;
  readonly actions: readonly EffectAction[];
}

const recipes: readonly Recipe[] = [
  {
    package: /^ca-certificates$/,
    why: "without questions, every certificate that the package ships is trusted: the bundle and its links are generated",
    actions: [
      { kind: "directory", path: path("/usr/local/share/ca-certificates"), mode: "0755", adjust: false },
      { kind: "generate", generator: "ca-certificates" },
    ],
  },
  {
    package: /^tzdata$/,
    why: "without questions and without an older setting, the time zone is Etc/UTC",
    actions: [
      {
        kind: "symlink",
        path: path("/etc/localtime"),
        target: "/usr/share/zoneinfo/Etc/UTC",
        replace: false,
      },
      {
        kind: "file",
        path: path("/etc/timezone"),
        content: { kind: "text", text: "Etc/UTC\n" },
        mode: "0644",
        append: false,
        preserve: false,
      },
    ],
  },
  {
    package: /^locales$/,
    why: "without questions no locale is made; C.UTF-8 comes with the C library, others are made where the spec asks",
    actions: [],
  },
  {
    package: /^fontconfig-config$/,
    why: "without questions: slight hinting as shipped, sub-pixels as the screen says, no bitmap fonts",
    actions: [
      {
        kind: "symlink",
        path: path("/etc/fonts/conf.d/70-no-bitmaps.conf"),
        target: "/usr/share/fontconfig/conf.avail/70-no-bitmaps.conf",
        replace: false,
      },
      {
        kind: "directory",
        path: path("/usr/local/share/fonts"),
        mode: "2775",
        user: "root",
        group: "staff",
        adjust: false,
      },
    ],
  },
  {
    package: /^locales-all$/,
    why: "its locales are compiled when the spec asks for them",
    actions: [],
  },
];

/** The verdict on a package that has a recipe. */
export function recipeFor(control: PackageControl): ScriptVerdict | undefined {
  const name = nameOf(control.id);
  const recipe = recipes.find((one) => one.package.test(name));
  if (recipe === undefined) return undefined;
  const file = `recipe for ${name}`;
  const source = { package: control.id, script: "recipe", file, line: 1 } as const;
  const effects = [
    ...recipe.actions.map((action) => ({ action, when: [], source })),
    ...triggerEffects(control),
  ];
  return {
    package: control.id,
    verdict: effects.length > 0 ? "modelled" : "inert",
    effects,
    unknown: [],
    inert: [{ source, command: file, why: recipe.why }],
    reads: [],
  };
}
