// dpkg triggers (deb-triggers(5)): what a package activates, and what it wants to hear of. Both come to the same for an
// image: something is built once, at the end, from all that is there.
import type { PackageControl } from "../package.ts";
import type { Effect, Generator } from "./effect.ts";

interface TriggerRule {
  readonly name: RegExp;
  /** Undefined: nothing in an image comes of it. */
  readonly generator: Generator | undefined;
}

const rules: readonly TriggerRule[] = [
  { name: /^ldconfig$/, generator: "ld-cache" },
  { name: /^update-ca-certificates(?:-fresh)?$/, generator: "ca-certificates" },
  { name: /^update-ca-certificates-java(?:-fresh)?$/, generator: "java-keystore" },
  { name: /^\/usr\/share\/mime\/packages$/, generator: "mime-cache" },
  { name: /^\/usr\/share\/glib-2\.0\/schemas$/, generator: "glib-schemas" },
  { name: /\/gio\/modules$/, generator: "gio-modules" },
  { name: /\/gdk-pixbuf-2\.0\/[^/]+\/loaders$/, generator: "gdk-pixbuf-loaders" },
  { name: /\/gtk-[23]\.0\/[^/]+\/immodules$/, generator: "gtk-input-modules" },
  { name: /^\/usr\/share\/applications$/, generator: "desktop-database" },
  { name: /^\/usr\/share\/icons\//, generator: "icon-cache" },
  { name: /^\/usr\/share\/(?:fonts|texmf\/fonts|ghostscript\/fonts)$/, generator: "font-cache" },
  { name: /^update-sgmlcatalog$|^(?:\/usr\/share|\/etc)\/(?:sgml|xml)$/, generator: "xml-catalog" },
  {
    name: /^(?:\/usr(?:\/local|\/share|\/local\/share|\/X11R6)?|\/opt)\/man$|^\/usr\/share\/info$/,
    generator: undefined,
  },
  { name: /^update-initramfs$|^(?:un)?register-initramfs/, generator: undefined },
  {
    name: /^\/usr\/(?:lib|share)\/(?:systemd|binfmt\.d|sysctl\.d|sysusers\.d|tmpfiles\.d|dbus-1|udev)/,
    generator: undefined,
  },
  { name: /^\/etc\/(?:dbus-1|init\.d|systemd)/, generator: undefined },
  {
    name: /^\/usr\/share\/(?:app-info|appdata|metainfo|doc-base|menu|bash-completion|bug|lintian)/,
    generator: undefined,
  },
  { name: /^(?:nginx|apache2|httpd|php|dbus|cups)-reload$/, generator: undefined },
];

/** The rule for a trigger's name. */
function ruleFor(name: string): TriggerRule | undefined {
  return rules.find((rule) => rule.name.test(name));
}

function namesOf(control: PackageControl, directive: "activate" | "interest"): string[] {
  return control.triggers.flatMap((line) => {
    const [verb = "", name] = line.trim().split(/\s+/);
    return name !== undefined && verb.replace(/-(?:no)?await$/, "") === directive ? [name] : [];
  });
}

/** What the triggers of a package have built. */
export function triggerEffects(control: PackageControl): Effect[] {
  const generators = new Set<Generator>();
  for (const name of [...namesOf(control, "activate"), ...namesOf(control, "interest")]) {
    const generator = ruleFor(name)?.generator;
    if (generator !== undefined) generators.add(generator);
  }
  const source = {
    package: control.id,
    script: "triggers",
    file: `triggers of ${control.id}`,
    line: 1,
  } as const;
  return [...generators].map((generator) => ({ action: { kind: "generate", generator }, when: [], source }));
}

/** Triggers that only the package's own postinst can answer (`postinst triggered NAMES`). */
export function ownTriggers(control: PackageControl): string[] {
  return namesOf(control, "interest").filter((name) => ruleFor(name) === undefined);
}
