// What cargo auditable writes about a Rust program (rust-secure-code/cargo-auditable, PARSING.md): section .dep-v0 holds a zlib
// stream of JSON, {"packages": [{"name", "version", "source", "kind"?: "build"}]}.
import { inflateSync } from "node:zlib";
import { limits } from "../../base/limits.ts";
import type { ElfImage } from "../../formats/elf-image.ts";
import { sectionNamed } from "../../formats/elf-sections.ts";
import type { BuildInfo } from "../identity.ts";

const sectionName = ".dep-v0";

/** The crates that were linked in, by name; those that only the build used are left out. Undefined where none are told. */
export function cargoBuild(image: ElfImage): BuildInfo["cargo"] | undefined {
  const section = sectionNamed(image, sectionName);
  if (section === undefined || section.sizeBytes > limits.cargoPackedBytesMax) return undefined;
  const packed = image.file.bytes(section.offset, section.sizeBytes);
  if (packed === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(inflateSync(packed, { maxOutputLength: limits.cargoBytesMax }).toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { packages } = value as { readonly packages?: unknown };
  if (!Array.isArray(packages)) return undefined;
  const linked: readonly unknown[] = packages.slice(0, limits.cargoPackagesMax);
  return [...linked.filter(isRoot), ...linked.filter((one) => !isRoot(one))].flatMap(crateOf);
}

/** The crate that the program is of. */
function isRoot(value: unknown): boolean {
  return typeof value === "object" && value !== null && "root" in value && value.root === true;
}

function crateOf(value: unknown): { name: string; version: string }[] {
  if (typeof value !== "object" || value === null) return [];
  const { name, version, kind } = value as Readonly<Record<string, unknown>>;
  return typeof name === "string" && typeof version === "string" && kind !== "build"
    ? [{ name, version }]
    : [];
}
