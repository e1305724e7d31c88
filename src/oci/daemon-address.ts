// Which container engine of this machine is meant: the one of DOCKER_HOST, else Docker's socket, else podman (its
// docker-compatible socket, else its command). The first that is there is used; if it then fails, that is the error.
import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { messageOf, systemCode, ToolError } from "../base/errors.ts";

export type DaemonAddress =
  /** The Docker Engine API at a socket or a TCP address. */
  | { readonly kind: "socket"; readonly path: string; readonly name: string }
  | { readonly kind: "tcp"; readonly url: URL; readonly tls?: DaemonTls; readonly name: string }
  | { readonly kind: "command"; readonly program: string; readonly name: string };

interface DaemonTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** False where DOCKER_TLS_VERIFY is not set: encrypted, but anybody may answer. */
  readonly verify: boolean;
}

export interface DaemonSearch {
  /** DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, XDG_RUNTIME_DIR, PATH. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Docker's socket, then podman's of the system; default: where they are installed. */
  readonly dockerSocket?: string;
  readonly podmanSocket?: string;
}

/** @throws ToolError "engine" where there is none; "configuration" for a DOCKER_HOST that can't be used */
export async function findDaemon(search: DaemonSearch): Promise<DaemonAddress> {
  const { environment } = search;
  const host = environment["DOCKER_HOST"] ?? "";
  if (host !== "") return parseDockerHost(host, environment);
  const dockerSocket = search.dockerSocket ?? "/var/run/docker.sock";
  if (await isServed(dockerSocket))
    return { kind: "socket", path: dockerSocket, name: `docker at ${dockerSocket}` };
  const runtime = environment["XDG_RUNTIME_DIR"] ?? "";
  const own = runtime === "" ? [] : [join(runtime, "podman/podman.sock")];
  for (const path of [...own, search.podmanSocket ?? "/run/podman/podman.sock"]) {
    if (await isServed(path)) return { kind: "socket", path, name: `podman at ${path}` };
  }
  const program = await findProgram("podman", environment["PATH"] ?? "");
  if (program !== undefined) return { kind: "command", program, name: "podman" };
  throw new ToolError("engine", {
    what: "finding a container engine",
    why: `DOCKER_HOST is not set, nothing serves ${dockerSocket}, and podman is not installed`,
    hint: "start docker or podman, set DOCKER_HOST, or write a file with --output docker-archive:FILE",
  });
}

async function parseDockerHost(
  host: string,
  environment: DaemonSearch["environment"],
): Promise<DaemonAddress> {
  const refuse = (why: string, hint = "write unix:///PATH or tcp://HOST:PORT"): ToolError =>
    new ToolError("configuration", {
      what: `reading DOCKER_HOST ${JSON.stringify(withoutUser(host))}`,
      why,
      hint,
    });
  const path = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
  if (path !== undefined) return { kind: "socket", path, name: `the engine at ${path}` };
  if (/^(?:ssh|npipe|fd):/.test(host)) {
    throw refuse(
      `${host.split(":")[0] ?? ""} is not supported`,
      "forward the engine's socket (ssh -L), or write a file with --output docker-archive:FILE",
    );
  }
  const url = URL.parse(host.replace(/^tcp:/, "http:"));
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "" || url.username !== "") {
    throw refuse("it is not an address");
  }
  const folder = environment["DOCKER_CERT_PATH"] ?? "";
  const verify = (environment["DOCKER_TLS_VERIFY"] ?? "") !== "";
  const secure = verify || url.protocol === "https:";
  if (url.port === "") url.port = secure ? "2376" : "2375";
  if (!secure) return { kind: "tcp", url, name: `the engine at ${url.host}` };
  if (folder === "")
    throw refuse(
      "TLS is wanted, and DOCKER_CERT_PATH names no folder with ca.pem, cert.pem, key.pem",
      "set it",
    );
  return { kind: "tcp", url, tls: await readTls(folder, verify), name: `the engine at ${url.host}` };
}

async function readTls(folder: string, verify: boolean): Promise<DaemonTls> {
  try {
    const [ca, cert, key] = await Promise.all(
      ["ca.pem", "cert.pem", "key.pem"].map((name) => readFile(join(folder, name), "utf8")),
    );
    return { ca: ca ?? "", cert: cert ?? "", key: key ?? "", verify };
  } catch (thrown) {
    throw new ToolError("configuration", {
      what: `reading the certificates in DOCKER_CERT_PATH ${folder}`,
      why: messageOf(thrown),
      hint: "it must hold ca.pem, cert.pem and key.pem",
    });
  }
}

function withoutUser(host: string): string {
  return host.replace(/\/\/[^/@]*@/, "//***@");
}

/** Whether anybody listens at a socket. One that may not be opened is there all the same; using it gives the reason. */
async function isServed(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isSocket() !== true) return false;
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", (thrown) => resolve(systemCode(thrown) === "EACCES"));
  });
}

async function findProgram(name: string, searched: string): Promise<string | undefined> {
  for (const folder of searched.split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}
