import { expect, test } from "vitest";
import { requireValue } from "../../base/diagnostics.ts";
import { parseSpec } from "./parse.ts";
import type { Spec } from "./spec.ts";
import { unbuiltInit } from "./unbuilt.ts";

function specOf(text: string): Spec {
  const run = "run:\n  packages: [nginx]\n  entrypoint: [/usr/sbin/nginx]\n";
  return requireValue(parseSpec(`apiVersion: distill/v1\nname: app\n${run}${text}`, "distill.yaml"));
}

test.each<[summary: string, text: string, found: string | undefined]>([
  ["no init phase", "", undefined],
  ["an init phase of packages", "init: {packages: [postgresql], command: [/x]}\n", undefined],
  ["an init phase of an image", "init: {image: example.test/init}\n", "example.test/init"],
])("%s", (_summary, text, image) => {
  const found = unbuiltInit(specOf(text));
  expect(found?.message).toBe(
    image === undefined ? undefined : `the init phase can't start from the image ${image}`,
  );
  expect(found?.span?.column).toBe(image === undefined ? undefined : 15);
});
