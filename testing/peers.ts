// Peer tools: on the PATH, or supplied by the script that may lie beside a checkout (../shared/tools/peers.sh).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const script = join(import.meta.dirname, "../../shared/tools/peers.sh");

/** Where the tool is; undefined where it is nowhere. */
export function findPeer(name: string): string | undefined {
  const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
  if (found !== "") return found;
  if (!existsSync(script)) return undefined;
  const supplied = spawnSync("bash", [script, name], { encoding: "utf8" });
  return supplied.status === 0 ? join(supplied.stdout.trim(), name) : undefined;
}
