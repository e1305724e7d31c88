// `node scripts/golden-dockerfiles.ts [NAME...]`: what the newest BuildKit makes of the cases in test/dockerfiles, written to
// test/golden/dockerfiles; names choose cases, all of them otherwise. Needs root, buildkitd and docker-registry.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { cases, goldenFile } from "../test/dockerfiles/cases.ts";
import { buildkitBuilder } from "../testing/dockerfiles/builders.ts";
import { laboratoryMissing, openLaboratory } from "../testing/dockerfiles/laboratory.ts";
import { buildkitdMissing, startBuildkitd } from "../testing/engines/buildkitd.ts";

const missing = laboratoryMissing() ?? buildkitdMissing();
if (missing !== undefined) throw new Error(missing);
const names = process.argv.slice(2);
const laboratory = await openLaboratory();
const buildkitd = await startBuildkitd(laboratory.registry.host);
try {
  for (const one of cases.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const { outcome, says } = await laboratory.build(one, buildkitBuilder(buildkitd));
    const refused = "refused" in outcome;
    if (refused !== one.name.startsWith("refused-")) {
      process.stdout.write(`${one.name}: ${refused ? says.slice(-2000) : "was built"}\n`);
    }
    mkdirSync(dirname(goldenFile(one)), { recursive: true });
    writeFileSync(goldenFile(one), `${JSON.stringify(outcome, undefined, 1)}\n`);
  }
} finally {
  await buildkitd.stop();
  await laboratory.stop();
}
