// Bootstraps with any Node.js >= 18: installs what package-lock.json names when it is not there, then runs the task under
// the Node.js that npm supplied. `npm test`, `npm run check` and `npm run bench` come through here.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const home = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(home);

const stamp = join("node_modules", ".package-lock.json");
const stale =
  !existsSync(stamp) ||
  !existsSync(join("node_modules", "vitest")) ||
  statSync("package-lock.json").mtimeMs > statSync(stamp).mtimeMs;
if (stale) run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);

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
