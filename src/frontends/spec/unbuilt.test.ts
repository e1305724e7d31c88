import { expect, test } from "vitest";
import { requireValue } from "../../base/diagnostics.ts";
import { parseSpec } from "./parse.ts";
import type { Spec } from "./spec.ts";
import { unbuiltInit, unbuiltStages } from "./unbuilt.ts";

function specOf(text: string): Spec {
  const run = "run:\n  packages: [nginx]\n  entrypoint: [/usr/sbin/nginx]\n";
  return requireValue(parseSpec(`apiVersion: distill/v1\nname: app\n${run}${text}`, "distill.yaml"));
}

const stage = "build: {app: {packages: [make]}}\n";
const copyOf = (from: string, source: string): string =>
  `  copy: [{from: ${from}, source: ${source}, target: /y}]\n`;

test.each<[summary: string, text: string, found: readonly string[]]>([
  ["no stages", "", []],
  ["a copy from the context", copyOf("context", "x"), []],
  [
    "a stage without a copy",
    stage,
    ["6 warning: the stage app is not built, and run copies nothing from it"],
  ],
  [
    "a copy from a stage",
    `${copyOf("app", "/x")}${stage}`,
    ["6 error: /x can't be copied from the stage app: stages of build are not built"],
  ],
])("%s", (_summary, text, found) => {
  const told = unbuiltStages(specOf(text)).map(
    ({ span, severity, message }) => `${span?.line ?? 0} ${severity}: ${message}`,
  );
  expect(told).toEqual(found);
});

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
