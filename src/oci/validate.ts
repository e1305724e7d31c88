// Descriptors, manifests, configs and indexes from outside, checked (image-spec v1.1: descriptor.md, manifest.md, config.md,
// image-index.md; and Docker's schema 2, which differs in media types only). Unknown members are let pass, as the
// specification demands; a known one of a wrong type, past its limit or in another spelling is refused.
import { type Digest, parseDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { isObject, type JsonObject, malformed, parseJsonObject } from "./json.ts";
import { refuseOtherSpellings } from "./member-names.ts";
import { type Descriptor, type ImageConfig, mediaTypes, type Platform } from "./model.ts";

export interface Manifest {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Index {
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Whether a media type is an index's: OCI's, or Docker's manifest list. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}

/** Whether a media type is an image manifest's: OCI's, or Docker's schema 2. */
export function isManifestType(mediaType: string): boolean {
  return mediaType === mediaTypes.manifest || mediaType === mediaTypes.dockerManifest;
}

/** @throws ToolError "malformed", "limit"; `what` names the blob, as everywhere in this file */
export function parseManifest(bytes: Uint8Array, what: string): Manifest {
  const value = parseJsonObject(bytes, limits.manifestBytesMax, what);
  refuseOtherSpellings(value, documentMembers, what);
  // One document that is both is read differently by different tools (CVE-2021-41190).
  if ("manifests" in value)
    throw malformed(what, 'it is a manifest and has "manifests", as only an index does');
  const mediaType = documentType(value, isManifestType, mediaTypes.manifest, what);
  const layers = descriptors(value["layers"], "layers", limits.layersMax, what);
  const annotations = strings(value["annotations"], "annotations", what);
  const config = parseDescriptor(value["config"], `"config" of ${what}`);
  for (const { digest: of, size } of [config, ...layers]) {
    if (size > limits.layerBytesMax) {
      const why = `its blob ${of} has ${size} bytes, more than layerBytesMax (${limits.layerBytesMax})`;
      throw new ToolError("limit", { what: `reading ${what}`, why });
    }
  }
  return { mediaType, config, layers, ...(annotations === undefined ? {} : { annotations }) };
}

/** @throws ToolError "malformed", "limit" */
export function parseIndex(bytes: Uint8Array, what: string): Index {
  const value = parseJsonObject(bytes, limits.manifestBytesMax, what);
  refuseOtherSpellings(value, documentMembers, what);
  for (const name of ["config", "layers"]) {
    if (name in value) throw malformed(what, `it is an index and has "${name}", as only a manifest does`);
  }
  const mediaType = documentType(value, isIndexType, mediaTypes.index, what);
  const manifests = descriptors(value["manifests"], "manifests", limits.indexManifestsMax, what);
  const annotations = strings(value["annotations"], "annotations", what);
  return { mediaType, manifests, ...(annotations === undefined ? {} : { annotations }) };
}

/** An image's config, with the members that nobody here knows still in it. @throws ToolError "malformed", "limit" */
export function parseConfig(bytes: Uint8Array, what: string): ImageConfig {
  const value = parseJsonObject(bytes, limits.configBytesMax, what);
  refuseOtherSpellings(value, configMembers, what);
  for (const name of ["architecture", "os"]) {
    if (typeof value[name] !== "string" || value[name] === "") throw malformed(what, `"${name}" is missing`);
  }
  for (const name of ["created", "variant"]) optionalText(value, name, what);
  const rootfs = value["rootfs"];
  if (!isObject(rootfs) || rootfs["type"] !== "layers") {
    throw malformed(what, '"rootfs" is missing, or not of the type "layers"');
  }
  refuseOtherSpellings(rootfs, rootfsMembers, `"rootfs" of ${what}`);
  list(rootfs["diff_ids"] ?? [], "rootfs.diff_ids", limits.layersMax, what).forEach((id, index) => {
    digest(id, `rootfs.diff_ids[${index}]`, what);
  });
  checkHistory(value["history"], what);
  checkRunConfig(value["config"], what);
  // Go writes an empty list as null.
  const normal = { ...value, rootfs: { ...rootfs, diff_ids: rootfs["diff_ids"] ?? [] } };
  return withoutNulls(normal) as unknown as ImageConfig;
}

/** @throws ToolError "malformed" */
export function parseDescriptor(value: unknown, what: string): Descriptor {
  if (!isObject(value)) throw malformed(what, "it is missing, or not an object");
  refuseOtherSpellings(value, descriptorMembers, what);
  const mediaType = value["mediaType"];
  if (typeof mediaType !== "string" || !/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:;.*)?$/.test(mediaType)) {
    throw malformed(what, '"mediaType" is missing, or not a media type');
  }
  const size = value["size"];
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw malformed(what, '"size" is missing, or not a number of bytes');
  }
  const platform = value["platform"] ?? undefined;
  const annotations = strings(value["annotations"], "annotations", what);
  const artifactType = optionalText(value, "artifactType", what);
  return {
    mediaType,
    digest: digest(value["digest"], "digest", what),
    size,
    ...(platform === undefined ? {} : { platform: parsePlatform(platform, what) }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(artifactType === undefined ? {} : { artifactType }),
  };
}

function parsePlatform(value: unknown, what: string): Platform {
  if (!isObject(value)) throw malformed(what, '"platform" is not an object');
  refuseOtherSpellings(value, platformMembers, what);
  const { os, architecture } = value;
  if (typeof os !== "string" || typeof architecture !== "string") {
    throw malformed(what, '"platform" needs "os" and "architecture"');
  }
  const variant = optionalText(value, "variant", what);
  return { os, architecture, ...(variant === undefined || variant === "" ? {} : { variant }) };
}

// The members that Go's readers of these documents know: image-spec, and what Docker adds to a config.
const documentMembers = [
  "schemaVersion",
  "mediaType",
  "artifactType",
  "config",
  "layers",
  "manifests",
  "subject",
  "annotations",
];
const descriptorMembers = [
  "mediaType",
  "digest",
  "size",
  "urls",
  "annotations",
  "data",
  "platform",
  "artifactType",
];
const platformMembers = ["architecture", "os", "os.version", "os.features", "variant"];
const configMembers = [
  "created",
  "author",
  "architecture",
  "os",
  "os.version",
  "os.features",
  "variant",
  "config",
  "rootfs",
  "history",
];
const rootfsMembers = ["type", "diff_ids"];
const historyMembers = ["created", "created_by", "author", "comment", "empty_layer"];
/** Of `config`: what the specification and Docker's extensions of it define. */
export const runMembers: readonly string[] = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Volumes",
  "WorkingDir",
  "Labels",
  "StopSignal",
  "ArgsEscaped",
  "Healthcheck",
  "OnBuild",
  "Shell",
];
const healthcheckMembers = ["Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"];

function documentType(
  value: JsonObject,
  accepts: (mediaType: string) => boolean,
  otherwise: string,
  what: string,
): string {
  if (value["schemaVersion"] !== 2) throw malformed(what, '"schemaVersion" is missing, or not 2');
  const mediaType = optionalText(value, "mediaType", what) ?? otherwise;
  if (!accepts(mediaType)) throw malformed(what, `"mediaType" ${JSON.stringify(mediaType)} was not expected`);
  return mediaType;
}

function descriptors(value: unknown, name: string, countMax: number, what: string): readonly Descriptor[] {
  return list(value ?? [], name, countMax, what).map((one, index) =>
    parseDescriptor(one, `"${name}[${index}]" of ${what}`),
  );
}

function list(value: unknown, name: string, countMax: number, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(what, `"${name}" is not a list`);
  if (value.length > countMax) {
    throw new ToolError("limit", {
      what: `reading ${what}`,
      why: `"${name}" has ${value.length} members, more than ${countMax}`,
    });
  }
  return value as readonly unknown[];
}

function digest(value: unknown, name: string, what: string): Digest {
  const parsed = typeof value === "string" ? parseDigest(value) : undefined;
  if (parsed === undefined) throw malformed(what, `"${name}" is not a SHA-256 digest`);
  return parsed;
}

function optionalText(value: JsonObject, name: string, what: string): string | undefined {
  const found = value[name];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== "string") throw malformed(what, `"${name}" is not a string`);
  return found;
}

function strings(value: unknown, name: string, what: string): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value) || !Object.values(value).every((one) => typeof one === "string")) {
    throw malformed(what, `"${name}" is not a map of strings`);
  }
  return value as Readonly<Record<string, string>>;
}

function checkHistory(value: unknown, what: string): void {
  const entries = list(value ?? [], "history", limits.historyMax, what);
  for (const [index, entry] of entries.entries()) {
    if (!isObject(entry)) throw malformed(what, `"history[${index}]" is not an object`);
    const inner = `"history[${index}]" of ${what}`;
    refuseOtherSpellings(entry, historyMembers, inner);
    for (const name of ["created", "created_by", "comment"]) optionalText(entry, name, inner);
    if (entry["empty_layer"] !== undefined && typeof entry["empty_layer"] !== "boolean") {
      throw malformed(what, `"history[${index}].empty_layer" is not a boolean`);
    }
  }
}

function checkRunConfig(value: unknown, what: string): void {
  if (value === undefined || value === null) return;
  if (!isObject(value)) throw malformed(what, '"config" is not an object');
  const inner = `"config" of ${what}`;
  refuseOtherSpellings(value, runMembers, inner);
  for (const name of ["User", "WorkingDir", "StopSignal"]) optionalText(value, name, inner);
  for (const name of ["Env", "Entrypoint", "Cmd"]) checkWords(value, name, inner);
  for (const name of ["ExposedPorts", "Volumes"]) {
    if (!isObject(value[name] ?? {})) throw malformed(inner, `"${name}" is not an object`);
  }
  strings(value["Labels"], "Labels", inner);
  const healthcheck = value["Healthcheck"] ?? {};
  if (!isObject(healthcheck)) throw malformed(inner, '"Healthcheck" is not an object');
  refuseOtherSpellings(healthcheck, healthcheckMembers, `"Healthcheck" in ${inner}`);
  checkWords(healthcheck, "Test", `"Healthcheck" in ${inner}`);
}

function checkWords(value: JsonObject, name: string, what: string): void {
  const words = value[name] ?? [];
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string")) {
    throw malformed(what, `"${name}" is not a list of strings`);
  }
}

/** Go writes what is absent as null; here it is absent. Two levels hold everything that `ImageConfig` names. */
function withoutNulls(value: JsonObject): JsonObject {
  const present = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(
    present.map(([name, one]) => [
      name,
      isObject(one) ? Object.fromEntries(Object.entries(one).filter(([, inner]) => inner !== null)) : one,
    ]),
  );
}
