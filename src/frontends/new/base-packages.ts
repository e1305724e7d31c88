// What to begin with in place of a base image: Debian's packages that hold what the image is used for. A start, which a person
// looks at; the image's own files are unknown here.

interface Known {
  /** Of the last part of the image's name, without its tag. */
  readonly name: RegExp;
  readonly packages: readonly string[];
  /** What Debian calls a program of the image. */
  readonly programs?: Readonly<Record<string, string>>;
}

const known: readonly Known[] = [
  {
    name: /^(?:static|static-debian\d+|base-nossl(?:-debian\d+)?)$/,
    packages: ["ca-certificates", "tzdata"],
  },
  { name: /^base(?:-debian\d+)?$/, packages: ["ca-certificates", "tzdata", "libc6", "libssl3"] },
  {
    name: /^cc(?:-debian\d+)?$/,
    packages: ["ca-certificates", "tzdata", "libc6", "libssl3", "libgcc-s1", "libstdc++6"],
  },
  {
    name: /^python(?:3|3-debian\d+)?$/,
    packages: ["python3", "ca-certificates"],
    programs: { python: "/usr/bin/python3", python3: "/usr/bin/python3" },
  },
  {
    name: /^(?:node|nodejs\d*-debian\d+)$/,
    packages: ["nodejs", "ca-certificates"],
    programs: { node: "/usr/bin/node" },
  },
  {
    name: /^(?:openjdk|eclipse-temurin|amazoncorretto|java\d*(?:-base)?-debian\d+)$/,
    packages: ["openjdk-17-jre-headless", "ca-certificates"],
    programs: { java: "/usr/bin/java" },
  },
  { name: /^nginx$/, packages: ["nginx"] },
  { name: /^redis$/, packages: ["redis-server"] },
  { name: /^httpd$/, packages: ["apache2"] },
  { name: /^php$/, packages: ["php-cli"] },
  { name: /^ruby$/, packages: ["ruby"] },
];

/** Empty where nothing is known. `image` may have a host, a tag and a digest. */
export function packagesFor(image: string): readonly string[] {
  return knownImage(image)?.packages ?? [];
}

/** What a program of the image is called in Debian, where that is another name. */
export function programFor(image: string, program: string): string | undefined {
  const { programs = {} } = knownImage(image) ?? {};
  return Object.hasOwn(programs, program) ? programs[program] : undefined;
}

function knownImage(image: string): Known | undefined {
  const [name = ""] = (image.split("/").at(-1) ?? "").split(/[:@]/);
  return known.find((one) => one.name.test(name));
}

/** The packages that a command installs with apt, without options and versions that only that image has. */
export function aptPackages(command: string): readonly string[] {
  const found: string[] = [];
  for (const part of command.split(/&&|\|\||;|\n/)) {
    const words = part.trim().split(/\s+/);
    const at = words.findIndex((word) => word === "apt-get" || word === "apt");
    const install = words.indexOf("install");
    if (at < 0 || install < at) continue;
    for (const word of words.slice(at + 1)) {
      if (word === "install" || word.startsWith("-")) continue;
      const [name = ""] = word.split("=");
      if (/^[a-z0-9][a-z0-9+.-]+$/.test(name)) found.push(name);
    }
  }
  return [...new Set(found)];
}
