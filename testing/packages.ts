// Packages to choose from, as short as a test can say them.
import { digestOf, hexOf } from "../src/base/digest.ts";
import type { PackagesIndex } from "../src/debian/packages-index.ts";
import { createUniverse, type Universe } from "../src/debian/universe.ts";
import { parseStanzas } from "../src/formats/deb822.ts";

/**
 * One package per paragraph: "name version", then lines of fields; "Architecture: amd64" and the like are filled in.
 * @param suites text by suite, in order of preference
 */
export function universeOf(suites: Readonly<Record<string, string>>, architecture = "amd64"): Universe {
  return createUniverse(
    Object.entries(suites).map(([suite, text]) => indexOf(suite, text)),
    architecture,
  );
}

function indexOf(suite: string, text: string): PackagesIndex {
  const paragraphs = text
    .split(/\n\s*\n/)
    .map((one) => one.trim())
    .filter((one) => one !== "");
  const stanzas = paragraphs.map((one) => {
    const [head = "", ...lines] = one.split("\n").map((line) => line.trim());
    const [name = "", version = "1"] = head.split(" ");
    const digest = hexOf(digestOf([...lines, name, version].join("\n")));
    const filled = [
      `Package: ${name}`,
      `Version: ${version}`,
      ...(lines.some((line) => line.startsWith("Architecture:")) ? [] : ["Architecture: amd64"]),
      `Filename: pool/main/${name}_${version.replace(/^\d+:/, "")}.deb`,
      "Size: 1",
      `SHA256: ${digest}`,
      ...lines,
    ];
    return parseStanzas(filled.join("\n"), suite)[0] ?? new Map<string, string>();
  });
  const numbers = (holds: (stanza: ReadonlyMap<string, string>) => boolean): number[] =>
    stanzas.flatMap((one, index) => (holds(one) ? [index] : []));
  const provides = (stanza: ReadonlyMap<string, string>): string[] =>
    (stanza.get("Provides") ?? "").split(",").map((one) => one.trim().replace(/[ (:].*$/, ""));
  return {
    suite,
    lookUp: (name) => ({
      real: numbers((one) => one.get("Package") === name),
      provided: numbers((one) => provides(one).includes(name)),
    }),
    stanza: (number) => stanzas[number] ?? new Map<string, string>(),
    names: () => stanzas.map((one) => one.get("Package") ?? ""),
    close: () => undefined,
  };
}
