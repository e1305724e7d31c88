// `npm run check`: everything that a machine can say of the code without running it.
import { spawnSync } from "node:child_process";

/** A check passes with exit code 0 and, where given, an output that proves it looked at the code. */
interface Check {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly proof?: RegExp;
}

const bin = (name: string): string => `node_modules/.bin/${name}`;

const checks: readonly Check[] = [
  { name: "types", argv: [bin("tsc"), "-p", "."] },
  { name: "types of the audit's page", argv: [bin("tsc"), "-p", "src/report/audit/html/page"] },
  {
    name: "format and lint",
    argv: [bin("biome"), "ci", "--colors=off", "--error-on-warnings", "."],
    proof: /Checked [1-9]\d+ files/,
  },
  { name: "typed lint", argv: [bin("eslint"), "--max-warnings=0", "src", "testing", "test", "scripts"] },
  {
    name: "boundaries",
    argv: [bin("depcruise"), "--config", ".dependency-cruiser.cjs", "src", "testing", "test"],
    proof: /no dependency violations found \([1-9]\d+ modules, [1-9]\d+ dependencies cruised\)/,
  },
  { name: "unused code", argv: [bin("knip")] },
];

let failed = 0;
for (const check of checks) {
  const [command, ...args] = check.argv;
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" };
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env });
  const output = `${stdout}${stderr}`;
  const proven = check.proof === undefined || check.proof.test(output);
  if (status === 0 && proven) {
    process.stdout.write(`ok    ${check.name}\n`);
  } else {
    failed += 1;
    process.stdout.write(
      `FAIL  ${check.name}${status === 0 ? " (it did not show that it looked at the code)" : ""}\n${output}\n`,
    );
  }
}
process.exitCode = failed === 0 ? 0 : 1;
