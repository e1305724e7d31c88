import { describe, expect, test } from "vitest";
import { imageOf, tarLayer } from "../../testing/layouts.ts";
import { digestOf } from "../base/digest.ts";
import { makeImage, makeImageSet, rootOf } from "./derive.ts";
import type { ImageConfig } from "./model.ts";
import { parseConfig, parseIndex, parseManifest } from "./validate.ts";

const layer = tarLayer([{ name: "a", content: "1" }], "none");
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("makeImage", () => {
  test("writes members in one order, whatever order they came in", () => {
    const one: ImageConfig & { author: string; "zz.unknown": number; "aa.unknown": number } = {
      "zz.unknown": 1,
      rootfs: { type: "layers", diff_ids: [layer.diffId] },
      os: "linux",
      config: { Labels: { b: "2", a: "1" }, Cmd: ["x"], Env: ["A=1"], User: "65532" },
      "aa.unknown": 2,
      architecture: "arm64",
      variant: "v8",
      author: "me",
      created: "1970-01-01T00:00:00Z",
    };
    expect(text(makeImage({ config: one, layers: [layer] }).config)).toBe(
      '{"created":"1970-01-01T00:00:00Z","author":"me","architecture":"arm64","variant":"v8","os":"linux",' +
        '"config":{"User":"65532","Env":["A=1"],"Cmd":["x"],"Labels":{"a":"1","b":"2"}},' +
        `"rootfs":{"type":"layers","diff_ids":["${layer.diffId}"]},"aa.unknown":2,"zz.unknown":1}`,
    );
  });

  test("its manifest names config and layers by their bytes", () => {
    const image = imageOf([layer], { config: { User: "1" } });
    const manifest = parseManifest(image.manifest, "m");
    expect(image.descriptor.digest).toBe(digestOf(image.manifest));
    expect(manifest.config).toEqual({
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: digestOf(image.config),
      size: image.config.length,
    });
    expect(manifest.layers).toEqual([layer.descriptor]);
    expect(parseConfig(image.config, "c").config).toEqual({ User: "1" });
    expect(image.descriptor.platform).toEqual({ os: "linux", architecture: "amd64" });
  });

  const mismatched = [
    { summary: "one diff id too few", ids: [] },
    { summary: "one too many", ids: [layer.diffId, layer.diffId] },
    { summary: "another one", ids: [digestOf("other")] },
  ];
  test.each(mismatched)("is a bug with $summary", ({ ids }) => {
    const config = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: ids } } as const;
    expect(() => makeImage({ config, layers: [layer] })).toThrow(
      "internal error: a config names the diff ids",
    );
  });
});

describe("makeImageSet", () => {
  test("one image stands for itself", () => {
    const image = imageOf([layer]);
    expect(makeImageSet([image])).toEqual({ images: [image] });
    expect(rootOf(makeImageSet([image]))).toBe(image.descriptor);
  });

  test("several stand under an index with their platforms", () => {
    const images = [imageOf([layer]), imageOf([layer], { architecture: "arm64", variant: "v8" })];
    const set = makeImageSet(images, { b: "2", a: "1" });
    const index = parseIndex(set.index?.bytes ?? new Uint8Array(0), "i");
    expect(index.manifests).toEqual(images.map((image) => image.descriptor));
    expect(index.annotations).toEqual({ a: "1", b: "2" });
    expect(rootOf(set).digest).toBe(digestOf(set.index?.bytes ?? ""));
    expect(text(set.index?.bytes ?? new Uint8Array(0))).toMatch(/"annotations":\{"a":"1","b":"2"\}\}$/);
  });
});
