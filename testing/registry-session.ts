// One image on its way to and from a test registry, for tests of what goes wrong there.
import { expect } from "vitest";
import { collect } from "../src/base/bytes.ts";
import { ToolError } from "../src/base/errors.ts";
import type { Image, ImageSet, Layer } from "../src/oci/model.ts";
import { parseReference, type Reference } from "../src/oci/reference.ts";
import { pullImageSet } from "../src/oci/registry/pull.ts";
import { pushImageSet } from "../src/oci/registry/push.ts";
import { imageWith, layerOf } from "./images.ts";
import type { Fault } from "./registry.ts";
import { type TestClient, withCache } from "./registry-client.ts";

export const bigLayer: Layer = layerOf(Buffer.alloc(300_000, "distill"));
export const smallImage: Image = imageWith([layerOf("small"), bigLayer]);
const smallSet: ImageSet = { images: [smallImage] };

export function appAt(host: string): Reference {
  return parseReference(`${host}/app:1`);
}

export async function pushApp(host: string, client: TestClient, set: ImageSet = smallSet): Promise<void> {
  await pushImageSet(set, appAt(host), client);
}

/** Pulls with all layers, and returns their bytes. */
export async function pullApp(host: string, { client }: TestClient): Promise<readonly Buffer[]> {
  return withCache(async (cache) => {
    const pulled = await pullImageSet(appAt(host), { client, cache, prefetch: true });
    const layers = pulled.images.flatMap((one) => one.layers);
    return Promise.all(layers.map(async (layer) => Buffer.from(await collect(layer.open(), 1e7, "a layer"))));
  });
}

/** The ToolError that `work` ends with. */
export async function errorOf(work: Promise<unknown>): Promise<ToolError> {
  const thrown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(ToolError);
  return thrown as ToolError;
}

type Answer = Extract<Fault["kind"], { type: "answer" }>;

/** A fault that answers with a status. */
export function answering(match: RegExp, status: number, times = 1, more: Partial<Answer> = {}): Fault {
  return { match, times, kind: { type: "answer", status, ...more } };
}

/** A registry's own words (distribution-spec, "Error Codes"). */
export function errorBody(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}
