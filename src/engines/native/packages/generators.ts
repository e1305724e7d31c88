// What triggers of packages ask to have built from the whole tree (deb-triggers(5)), and what an image gets of it.

import type { Generator, ScriptVerdict } from "../../../debian/effects/effect.ts";
import { nameOf } from "../../../debian/package.ts";

type Treatment =
  /** Made by this engine. */
  | { readonly kind: "built" }
  /** Not made: nothing in an image misses it. */
  | { readonly kind: "inert"; readonly why: string }
  /** Not made, and programs would miss it: the user has to say that the image doesn't need it, or bring it along. */
  | { readonly kind: "refused"; readonly why: string };

const treatments: Readonly<Record<Generator, Treatment>> = {
  "ld-cache": { kind: "built" },
  "ca-certificates": { kind: "built" },
  "java-keystore": { kind: "built" },
  "login-shells": { kind: "inert", why: "/etc/shells lists shells for those who log in; nobody does" },
  "pam-configuration": {
    kind: "inert",
    why: "a program that authenticates through PAM gets its stack declared (files: /etc/pam.d/NAME)",
  },
  "mime-cache": { kind: "inert", why: "it tells desktops which program opens a file" },
  "desktop-database": { kind: "inert", why: "it tells desktops which program opens a file" },
  "icon-cache": { kind: "inert", why: "it saves time only: icons are found without it" },
  "font-cache": { kind: "inert", why: "it saves time only: fontconfig looks for fonts itself" },
  "gio-modules": { kind: "inert", why: "it saves time only: GIO loads its modules without it" },
  "glib-schemas": { kind: "refused", why: "the compiled settings schemas of GLib" },
  "gdk-pixbuf-loaders": { kind: "refused", why: "the list of image loaders of gdk-pixbuf" },
  "gtk-input-modules": { kind: "refused", why: "the list of input modules of GTK" },
  "xml-catalog": { kind: "refused", why: "the catalogue of XML entities" },
};

export interface RefusedGenerator {
  readonly package: string;
  readonly generator: Generator;
  readonly why: string;
}

/** What packages that ship would miss. `ignored`: packages whose effects, those of triggers too, the spec declares unneeded. */
export function refusedGenerators(
  verdicts: readonly ScriptVerdict[],
  shipped: ReadonlySet<string>,
  ignored: Readonly<Record<string, string>>,
): readonly RefusedGenerator[] {
  return verdicts.flatMap(({ package: id, effects }) => {
    if (!shipped.has(id) || Object.hasOwn(ignored, nameOf(id))) return [];
    return effects.flatMap(({ action }): RefusedGenerator[] => {
      if (action.kind !== "generate") return [];
      const treatment = treatments[action.generator];
      return treatment.kind === "refused"
        ? [{ package: id, generator: action.generator, why: treatment.why }]
        : [];
    });
  });
}
