import { describe, expect, test } from "vitest";
import { digestOf } from "../base/digest.ts";
import { limits } from "../base/limits.ts";
import { parseConfig, parseIndex, parseManifest } from "./validate.ts";

const digest = digestOf("x");
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 1 };
const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest, size: 2 };
const manifest = { schemaVersion: 2, config, layers: [layer] };
const entry = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 3 };
const index = { schemaVersion: 2, manifests: [entry] };
const image = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [digest] } };

describe("parseManifest", () => {
  test("reads what it knows, and lets unknown members pass", () => {
    const value = {
      ...manifest,
      annotations: { a: "b" },
      unknown: { anything: [1] },
      layers: [{ ...layer, urls: ["https://example.test"], platform: null, annotations: null }],
    };
    expect(parseManifest(bytes(value), "m")).toEqual({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config,
      layers: [layer],
      annotations: { a: "b" },
    });
  });

  const wrong: readonly { readonly summary: string; readonly value: unknown; readonly error: object }[] = [
    { summary: "schema 1", value: { ...manifest, schemaVersion: 1 }, error: { what: "reading m" } },
    {
      summary: "an index's type",
      value: { ...manifest, mediaType: "application/vnd.oci.image.index.v1+json" },
      error: {},
    },
    {
      summary: "a document that is an index too",
      value: { ...manifest, manifests: [] },
      error: { why: 'it is a manifest and has "manifests", as only an index does' },
    },
    {
      summary: "a second spelling",
      value: { ...manifest, Layers: [] },
      error: { why: 'it spells "layers" as "Layers"' },
    },
    {
      summary: "no config",
      value: { schemaVersion: 2, layers: [] },
      error: { what: 'reading "config" of m' },
    },
    {
      summary: "layers as an object",
      value: { ...manifest, layers: {} },
      error: { why: '"layers" is not a list' },
    },
    {
      summary: "a weak digest",
      value: { ...manifest, layers: [layer, { ...layer, digest: "md5:0123" }] },
      error: { what: 'reading "layers[1]" of m', why: '"digest" is not a SHA-256 digest' },
    },
    {
      summary: "an upper-case digest",
      value: { ...manifest, config: { ...config, digest: digest.toUpperCase() } },
      error: {},
    },
    { summary: "a negative size", value: { ...manifest, config: { ...config, size: -1 } }, error: {} },
    { summary: "half a byte", value: { ...manifest, config: { ...config, size: 0.5 } }, error: {} },
    { summary: "a size past 2^53", value: { ...manifest, config: { ...config, size: 2 ** 60 } }, error: {} },
    { summary: "a size as text", value: { ...manifest, config: { ...config, size: "1" } }, error: {} },
    { summary: "no media type", value: { ...manifest, config: { digest, size: 1 } }, error: {} },
    { summary: "annotations of numbers", value: { ...manifest, annotations: { a: 1 } }, error: {} },
  ];
  test.each(wrong)("refuses $summary", ({ value, error }) => {
    expect(() => parseManifest(bytes(value), "m")).toThrow(
      expect.objectContaining({ code: "malformed", ...error }),
    );
  });

  test("bounds the number of layers", () => {
    const value = { ...manifest, layers: Array.from({ length: 513 }, () => layer) };
    expect(() => parseManifest(bytes(value), "m")).toThrow(
      expect.objectContaining({ code: "limit", why: '"layers" has 513 members, more than 512' }),
    );
  });
});

test.each(["config", "layers"])("bounds the size of what a manifest names: %s", (member) => {
  const named = (size: number): Uint8Array =>
    bytes({ ...manifest, [member]: member === "config" ? { ...config, size } : [layer, { ...layer, size }] });
  expect(() => parseManifest(named(limits.layerBytesMax), "m")).not.toThrow();
  expect(() => parseManifest(named(limits.layerBytesMax + 1), "m")).toThrow(
    expect.objectContaining({ code: "limit", why: expect.stringContaining("layerBytesMax") as string }),
  );
});

describe("parseIndex", () => {
  test("reads platforms", () => {
    const platform = { os: "linux", architecture: "arm64", variant: "v8", "os.version": "1" };
    expect(parseIndex(bytes({ ...index, manifests: [{ ...entry, platform }] }), "i").manifests).toEqual([
      { ...entry, platform: { os: "linux", architecture: "arm64", variant: "v8" } },
    ]);
  });

  test("an index without manifests is one (Go writes null)", () => {
    expect(parseIndex(bytes({ schemaVersion: 2, manifests: null }), "i").manifests).toEqual([]);
  });

  const wrong: readonly { readonly summary: string; readonly value: unknown }[] = [
    { summary: "a manifest", value: manifest },
    { summary: "an index with layers", value: { ...index, layers: [] } },
    {
      summary: "a platform without an architecture",
      value: { ...index, manifests: [{ ...entry, platform: { os: "linux" } }] },
    },
    { summary: "a manifest that is text", value: { ...index, manifests: ["x"] } },
  ];
  test.each(wrong)("refuses $summary", ({ value }) => {
    expect(() => parseIndex(bytes(value), "i")).toThrow(expect.objectContaining({ code: "malformed" }));
  });

  test("bounds the number of manifests", () => {
    const value = { ...index, manifests: Array.from({ length: 4097 }, () => entry) };
    expect(() => parseIndex(bytes(value), "i")).toThrow(expect.objectContaining({ code: "limit" }));
  });
});

describe("parseConfig", () => {
  test("keeps unknown members and leaves null ones out", () => {
    const value = {
      ...image,
      docker_version: "20",
      history: null,
      config: { Env: null, User: "1", OnBuild: [] },
    };
    expect(parseConfig(bytes(value), "c")).toEqual({
      ...image,
      docker_version: "20",
      config: { User: "1", OnBuild: [] },
    });
  });

  test("an image without layers has an empty list, however it is written", () => {
    const value = { ...image, rootfs: { type: "layers", diff_ids: null } };
    expect(parseConfig(bytes(value), "c").rootfs.diff_ids).toEqual([]);
  });

  const wrong: readonly { readonly summary: string; readonly value: object; readonly why: string }[] = [
    { summary: "no architecture", value: { ...image, architecture: "" }, why: '"architecture" is missing' },
    { summary: "no os", value: { ...image, os: undefined }, why: '"os" is missing' },
    {
      summary: "no rootfs",
      value: { ...image, rootfs: null },
      why: '"rootfs" is missing, or not of the type "layers"',
    },
    {
      summary: "a diff id that is none",
      value: { ...image, rootfs: { type: "layers", diff_ids: ["sha256:12"] } },
      why: '"rootfs.diff_ids[0]" is not a SHA-256 digest',
    },
    {
      summary: "Env as text",
      value: { ...image, config: { Env: "A=1" } },
      why: '"Env" is not a list of strings',
    },
    {
      summary: "Entrypoint with a number",
      value: { ...image, config: { Entrypoint: ["a", 1] } },
      why: '"Entrypoint" is not a list of strings',
    },
    { summary: "a numeric user", value: { ...image, config: { User: 0 } }, why: '"User" is not a string' },
    {
      summary: "ports as a list",
      value: { ...image, config: { ExposedPorts: [] } },
      why: '"ExposedPorts" is not an object',
    },
    {
      summary: "labels of objects",
      value: { ...image, config: { Labels: { a: {} } } },
      why: '"Labels" is not a map of strings',
    },
    { summary: "history of text", value: { ...image, history: ["x"] }, why: '"history[0]" is not an object' },
    {
      summary: "a text for empty_layer",
      value: { ...image, history: [{ empty_layer: "yes" }] },
      why: '"history[0].empty_layer" is not a boolean',
    },
  ];
  test.each(wrong)("refuses $summary", ({ value, why }) => {
    expect(() => parseConfig(bytes(value), "c")).toThrow(expect.objectContaining({ code: "malformed", why }));
  });
});

describe("a member in another spelling, which Go would read", () => {
  const healthcheck = { Test: ["CMD", "/p"] };
  const inDescriptor = (member: object): object => ({ ...manifest, layers: [{ ...layer, ...member }] });
  const inConfig = (member: object): object => ({ ...image, config: { User: "1", ...member } });
  const { mediaType: _, ...typeless } = layer;

  test.each<{
    read: typeof parseManifest | typeof parseIndex | typeof parseConfig;
    value: object;
    why: string;
  }>([
    { read: parseManifest, value: { ...manifest, CONFIG: config }, why: 'it spells "config" as "CONFIG"' },
    {
      read: parseManifest,
      value: { ...manifest, Manifests: [] },
      why: 'it spells "manifests" as "Manifests"',
    },
    { read: parseManifest, value: inDescriptor({ Digest: digest }), why: 'it spells "digest" as "Digest"' },
    {
      read: parseManifest,
      value: { ...manifest, layers: [{ ...typeless, mediatype: layer.mediaType }] },
      why: 'it spells "mediaType" as "mediatype"',
    },
    { read: parseIndex, value: { ...index, layerS: [] }, why: 'it spells "layers" as "layerS"' },
    {
      read: parseIndex,
      value: { ...index, manifests: [{ ...entry, platform: { os: "linux", architecture: "a", OS: "b" } }] },
      why: 'it spells "os" as "OS"',
    },
    { read: parseConfig, value: { ...image, Config: {} }, why: 'it spells "config" as "Config"' },
    { read: parseConfig, value: { ...image, HISTORY: [] }, why: 'it spells "history" as "HISTORY"' },
    {
      read: parseConfig,
      value: { ...image, "OS.version": "1" },
      why: 'it spells "os.version" as "OS.version"',
    },
    {
      read: parseConfig,
      value: { ...image, rootfs: { ...image.rootfs, Diff_IDs: [] } },
      why: 'it spells "diff_ids" as "Diff_IDs"',
    },
    {
      read: parseConfig,
      value: { ...image, history: [{}, { empty_Layer: true }] },
      why: 'it spells "empty_layer" as "empty_Layer"',
    },
    { read: parseConfig, value: inConfig({ user: "0" }), why: 'it spells "User" as "user"' },
    {
      read: parseConfig,
      value: inConfig({ entrypoint: ["/bin/sh"] }),
      why: 'it spells "Entrypoint" as "entrypoint"',
    },
    { read: parseConfig, value: inConfig({ "u\u017fer": "0" }), why: 'it spells "User" as "u\u017fer"' },
    {
      read: parseConfig,
      value: inConfig({ "Healthchec\u212a": {} }),
      why: 'it spells "Healthcheck" as "Healthchec\u212a"',
    },
    {
      read: parseConfig,
      value: inConfig({ Healthcheck: { ...healthcheck, test: ["CMD-SHELL", "x"] } }),
      why: 'it spells "Test" as "test"',
    },
  ])("$why", ({ read, value, why }) => {
    expect(() => read(bytes(value), "x")).toThrow(expect.objectContaining({ code: "malformed", why }));
  });

  test("names of maps, and of members that nobody reads, are free", () => {
    const value = {
      ...image,
      ID: "x",
      config: {
        Labels: { user: "a", User: "b" },
        ExposedPorts: { "80/tcp": {}, "80/TCP": {} },
        Healthcheck: healthcheck,
        hostname: "h",
      },
    };
    expect(parseConfig(bytes(value), "c")).toEqual(value);
  });

  test.each([{ Test: "CMD" }, { Test: [1] }, []])("a health check of another type: %j", (Healthcheck) => {
    expect(() => parseConfig(bytes(inConfig({ Healthcheck })), "c")).toThrow(
      expect.objectContaining({ code: "malformed" }),
    );
  });
});
