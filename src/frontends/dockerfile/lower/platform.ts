// Platforms as Dockerfiles write them, in the one spelling that is compared (github.com/containerd/platforms, Parse and
// Normalize): `linux/arm64`, `linux/arm/v7`; the usual variant of arm64 and amd64 is not written, that of arm is.
import type { Platform } from "../../../oci/model.ts";

const systems: readonly string[] = ["linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "wasip1"];

/** Other names of an architecture, with the variant that they imply. */
const aliases: Readonly<Record<string, readonly [string, string?]>> = {
  x86_64: ["amd64"],
  "x86-64": ["amd64"],
  aarch64: ["arm64"],
  armhf: ["arm", "v7"],
  armel: ["arm", "v6"],
  i386: ["386"],
};

const architectures: readonly string[] = [
  ...["386", "amd64", "arm", "arm64", "loong64", "mips64le", "mipsle", "ppc64le", "riscv64", "s390x", "wasm"],
  ...Object.keys(aliases),
];

/** Undefined where `text` is none. What it doesn't say is that of `machine`. */
export function platformOf(text: string, machine: string): string | undefined {
  const parts = text.toLowerCase().split("/");
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) return undefined;
  const [first = "", second, variant] = parts;
  if (second !== undefined) return normal(first, second, variant);
  if (systems.includes(first)) return normal(first, partsOf(machine).architecture, partsOf(machine).variant);
  return architectures.includes(first) ? normal(partsOf(machine).os, first, undefined) : undefined;
}

/** Of a normal platform. */
export function partsOf(platform: string): Platform {
  const [os = "", architecture = "", variant] = platform.split("/");
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function normal(os: string, name: string, given: string | undefined): string {
  const [architecture, implied] = aliases[name] ?? [name];
  let variant = given ?? implied;
  if (architecture === "arm64" && (variant === "v8" || variant === "8")) variant = undefined;
  if (architecture === "amd64" && variant === "v1") variant = undefined;
  if (architecture === "arm") variant = /^\d$/.test(variant ?? "v7") ? `v${variant}` : (variant ?? "v7");
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}
