// The cases of test/dockerfiles as others build them: the BuildKit of docker 20.10, and the newest one where it is present. What
// the newest made is recorded in test/golden/dockerfiles, so that distill is compared with it where only docker is.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAgreement } from "../../testing/dockerfiles/agreement.ts";
import { type Builder, buildkitBuilder, dockerBuilder } from "../../testing/dockerfiles/builders.ts";
import { type Laboratory, laboratoryMissing, openLaboratory } from "../../testing/dockerfiles/laboratory.ts";
import { buildkitdMissing, startBuildkitd } from "../../testing/engines/buildkitd.ts";
import { dockerdMissing, startDockerd } from "../../testing/engines/docker.ts";
import { because } from "../../testing/examples.ts";
import { cases, goldenFile } from "../dockerfiles/cases.ts";
import { differences } from "../dockerfiles/differences.ts";

test("there is a result on record for every case, and every difference is of a case", () => {
  expect(cases.length).toBeGreaterThan(200);
  expect(cases.filter((one) => !existsSync(goldenFile(one))).map(({ name }) => name)).toEqual([]);
  const names = new Set(cases.map(({ name }) => name));
  expect(differences.filter(({ name }) => name !== undefined && !names.has(name))).toEqual([]);
});

const missing = laboratoryMissing() ?? dockerdMissing();

describe.skipIf(missing !== undefined)(`Dockerfiles built by others${because(missing)}`, () => {
  let laboratory: Laboratory;
  beforeAll(async () => {
    laboratory = await openLaboratory();
  });
  afterAll(() => laboratory.stop());

  describe("docker 20.10", () => {
    let builder: Builder;
    let stop: () => Promise<void>;
    beforeAll(async () => {
      const dockerd = await startDockerd(["--registry-mirror", `http://${laboratory.registry.host}`]);
      stop = () => dockerd.stop();
      builder = dockerBuilder(dockerd);
    });
    afterAll(() => stop());

    const known = cases.filter(({ options }) => options.newerThanDocker20 === undefined);
    test.each(known.map((one) => [one.name, one] as const))("%s", (_name, one) =>
      expectAgreement(laboratory, one, builder, "docker 20.10"),
    );
  });

  // Its results are on record, so nothing is left out where it is absent.
  if (buildkitdMissing() === undefined) {
    describe("the newest BuildKit", () => {
      let builder: Builder;
      let stop: () => Promise<void>;
      beforeAll(async () => {
        const buildkitd = await startBuildkitd(laboratory.registry.host);
        stop = () => buildkitd.stop();
        builder = buildkitBuilder(buildkitd);
      });
      afterAll(() => stop());

      test.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) =>
        expectAgreement(laboratory, one, builder),
      );
    });
  }
});
