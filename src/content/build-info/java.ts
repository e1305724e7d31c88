// What a jar says of itself (JAR File Specification): the manifest's Implementation-* or Bundle-* attributes, and the
// pom.properties that Maven puts beside. Jars inside, as Spring Boot and web archives have them, are asked as well, one level deep;
// several pom.properties tell of packages whose classes were copied in.
import { limits } from "../../base/limits.ts";
import { decodeName } from "../../base/names.ts";
import { inMemory, type RandomAccess } from "../../formats/random-access.ts";
import type { JavaPackage } from "../identity.ts";
import { inflated } from "../nested/expand.ts";
import { partOf } from "../nested/gather.ts";
import { type ZipDirectory, type ZipMember, zipContentAt, zipDirectory } from "../nested/zip.ts";

const manifestName = "META-INF/MANIFEST.MF";

/** What is left of what one jar may take. */
interface Budget {
  /** Read and decompressed, in vain too: inner jars may lie over each other. */
  bytes: number;
  packages: number;
}

/** Undefined for what is no jar; empty for a jar that doesn't say what it is. Never throws on content. */
export function javaPackages(source: RandomAccess): readonly JavaPackage[] | undefined {
  const directory = zipDirectory(source);
  if (directory === undefined || !isJar(directory)) return undefined;
  const budget: Budget = { bytes: limits.javaBytesMax, packages: limits.javaPackagesMax };
  const own = packagesOf(source, directory, budget);
  const inside = directory.members.flatMap((member) => {
    if (!member.name.endsWith(".jar") || budget.packages <= 0) return [];
    const jar = contentOf(source, member, budget, limits.javaBytesMax);
    const inner = jar === undefined ? undefined : zipDirectory(jar);
    if (jar === undefined || inner === undefined) return [];
    return packagesOf(jar, inner, budget).map((one) => ({
      ...one,
      within: one.within === undefined ? member.name : `${member.name}!/${one.within}`,
    }));
  });
  return [...own, ...inside];
}

function isJar({ members }: ZipDirectory): boolean {
  return members.some(({ name }) => name === manifestName || pomOf(name) !== undefined);
}

/** The jar's own package first, without `within`; those that were copied into it. */
function packagesOf(source: RandomAccess, directory: ZipDirectory, budget: Budget): readonly JavaPackage[] {
  const text = (member: ZipMember): string | undefined => {
    const content = contentOf(source, member, budget, limits.javaMetadataBytesMax);
    return content === undefined ? undefined : decodeName(content.read(0, content.sizeBytes));
  };
  const poms = directory.members.flatMap((member) => {
    if (pomOf(member.name) === undefined || budget.packages <= 0) return [];
    const found = pomPackage(text(member) ?? "");
    if (found === undefined) return [];
    budget.packages -= 1;
    return [{ ...found, within: member.name }];
  });
  const manifest = directory.members.find(({ name }) => name === manifestName);
  const attributes = manifest === undefined ? undefined : manifestPackage(text(manifest) ?? "");
  const own = poms.length === 1 ? poms[0] : poms.find(({ artifact }) => artifact === attributes?.name);
  const others = poms
    .filter((one) => one !== own)
    .map(({ name, version, within }) => ({ name, version, within }));
  if (own !== undefined) return [{ name: own.name, version: own.version }, ...others];
  return attributes === undefined ? others : [attributes, ...others];
}

function pomOf(name: string): string | undefined {
  return /^META-INF\/maven\/[^/]+\/([^/]+)\/pom\.properties$/.exec(name)?.[1];
}

function pomPackage(
  text: string,
): { readonly artifact: string; readonly name: string; readonly version: string } | undefined {
  const lines = text.split(/\r?\n/);
  const property = (key: string): string | undefined => {
    const line = lines.find((one) => one.startsWith(key) && /^[ \t]*[=:]/.test(one.slice(key.length)));
    return line
      ?.slice(key.length)
      .replace(/^[ \t]*[=:]/, "")
      .trim();
  };
  const group = property("groupId");
  const artifact = property("artifactId");
  if (artifact === undefined || artifact === "") return undefined;
  const name = group === undefined || group === "" ? artifact : `${group}:${artifact}`;
  return { artifact, name, version: property("version") ?? "" };
}

/** The main section, up to the first blank line; a line that begins with a blank goes on with the one before. */
function manifestPackage(text: string): JavaPackage | undefined {
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  const main = text.slice(0, end).replaceAll(/\r?\n /g, "");
  const attributes = new Map<string, string>();
  for (const line of main.split(/\r?\n/)) {
    const colon = line.indexOf(": ");
    if (colon > 0) attributes.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 2).trim());
  }
  const symbolic = attributes.get("bundle-symbolicname")?.split(";")[0]?.trim();
  const name = attributes.get("implementation-title") ?? symbolic ?? attributes.get("automatic-module-name");
  if (name === undefined || name === "") return undefined;
  const version = attributes.get("implementation-version") ?? attributes.get("bundle-version") ?? "";
  return { name, version };
}

/** A member's bytes; undefined where they can't be read within bounds. */
function contentOf(
  source: RandomAccess,
  member: ZipMember,
  budget: Budget,
  sizeBytesMax: number,
): RandomAccess | undefined {
  const at = member.encrypted ? undefined : zipContentAt(source, member);
  if (at === undefined) return undefined;
  if (member.compressedBytes > Math.min(sizeBytesMax, budget.bytes)) return undefined;
  if (member.method === 0) {
    budget.bytes -= member.compressedBytes;
    return partOf(source, at, member.compressedBytes);
  }
  if (member.method !== 8) return undefined;
  const content = inflated(source.read(at, member.compressedBytes), budget, sizeBytesMax);
  return typeof content === "string" ? undefined : inMemory(content.content);
}
