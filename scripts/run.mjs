// Bootstraps with any Node.js >= 18: installs what package-lock.json names when it is not there, then runs the task under
// the Node.js that npm supplied. `npm test`, `npm run check` and `npm run bench` come through here.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const home = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(home);

// As the launcher `distill` does it; the tests need the development tools, too.
const made = join("node_modules", ".made-from-lock");
const isCurrent =
  existsSync(made) && readFileSync(made, "utf8") === readFileSync("package-lock.json", "utf8");
if (!isCurrent || !existsSync(join("node_modules", "vitest"))) {
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  copyFileSync("package-lock.json", made);
}

const ours = join(home, "node_modules", `node-linux-${process.arch}`, "bin", "node");
const node = existsSync(ours) ? ours : process.execPath;
const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, DISTILL_NODE: node };

const [task, ...rest] = process.argv.slice(2);
process.exit(
  spawnSync(node, [join("scripts", `${task}.ts`), ...rest], { stdio: "inherit", env }).status ?? 1,
);

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
