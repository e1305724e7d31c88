// Debian's docker-registry on 127.0.0.1, with its data in a temporary folder: an independent implementation to test against.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface DockerRegistry {
  /** "127.0.0.1:PORT" */
  readonly host: string;
  stop(): Promise<void>;
}

export interface DockerRegistryOptions {
  /** Ask for `testUser` and `testPassword`. */
  readonly basicAuth?: boolean;
  /** Act as a pull-through mirror of the registry at this address ("http://127.0.0.1:PORT"). */
  readonly mirrorOf?: string;
  /** Where it listens; default 127.0.0.1. */
  readonly address?: string;
  /** PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export const testUser = "testuser";
export const testPassword = "correct-horse";
/** bcrypt of `testPassword`, the only scheme that docker-registry takes. */
const passwordHash = "$2b$04$ag4/uJT3qV/BhYD60lHeF.SsintXgyRlvifV0IL7/vroCCp1e7Pd.";

/** Why it can't run here, or undefined. */
export function dockerRegistryMissing(): string | undefined {
  const found = spawnSync("docker-registry", ["--version"], { stdio: "ignore" });
  return found.error === undefined ? undefined : "docker-registry is not installed";
}

export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), "docker-registry-"));
  const address = options.address ?? "127.0.0.1";
  const host = `${address}:${await freePort(address)}`;
  const config = join(folder, "config.yml");
  await writeFile(config, configuration(folder, host, options));
  await writeFile(join(folder, "htpasswd"), `${testUser}:${passwordHash}\n`);
  const child = spawn("docker-registry", ["serve", config], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) break;
    if (await answers(host)) return { host, stop };
    await delay(50);
  }
  await stop();
  throw new Error(`docker-registry did not start: ${log}`);
}

function configuration(folder: string, host: string, options: DockerRegistryOptions): string {
  const pair = options.tls;
  const files = pair && `certificate: ${JSON.stringify(pair.certificate)}, key: ${JSON.stringify(pair.key)}`;
  const tls = files === undefined ? "" : `, tls: {${files}}`;
  const lines = [
    'version: "0.1"',
    "log: {level: error, accesslog: {disabled: true}}",
    `storage: {filesystem: {rootdirectory: ${JSON.stringify(join(folder, "data"))}}, delete: {enabled: true}}`,
    `http: {addr: ${JSON.stringify(host)}${tls}}`,
  ];
  if (options.basicAuth === true) {
    lines.push(`auth: {htpasswd: {realm: test, path: ${JSON.stringify(join(folder, "htpasswd"))}}}`);
  }
  if (options.mirrorOf !== undefined) lines.push(`proxy: {remoteurl: ${JSON.stringify(options.mirrorOf)}}`);
  return `${lines.join("\n")}\n`;
}

/** A port that was free a moment ago. */
async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function answers(host: string): Promise<boolean> {
  const [address = "", port = ""] = host.split(":");
  return new Promise((resolve) => {
    const socket = connect(Number(port), address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
