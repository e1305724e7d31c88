// The flask application by curl; its /fetch calls an HTTPS server that runs in the container's network.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { type CertificateFiles, certificatesIn } from "../../../testing/certificates.ts";
import {
  askInNetworkOf,
  type Container,
  endContainer,
  inNetworkOf,
  startContainer,
  untilReady,
} from "../../../testing/engines/containers.ts";
import { type Check, type CheckInput, expectPowerless } from "./check.ts";

const server = join(import.meta.dirname, "../../../testing/https-server.ts");
const url = "http://localhost:8000";

export const checkPythonApp: Check = async (input) => {
  const files = await certificatesIn(input.folder);
  await chmod(input.folder, 0o755);
  const trusting = await startApp(input, ["-e", "EXTRA_CA=/run/tls/ca.crt"]);
  await expectPowerless(trusting, 65532);
  expect(JSON.parse(await askInNetworkOf(trusting, ["curl", "-sS", `${url}/`]))).toMatchObject({
    message: "Python without a shell",
    openssl: expect.stringMatching(/^OpenSSL 3\./) as unknown,
  });
  expect(await fetchThrough(trusting, files)).toEqual({ status: 200, body: "from upstream" });
  await endContainer(input.engine, trusting);

  const distrustful = await startApp(input, []);
  expect(await fetchThrough(distrustful, files), "the image's own authorities don't vouch").toBeUndefined();
  await endContainer(input.engine, distrustful);
};

async function startApp({ engine, image, folder }: CheckInput, flags: readonly string[]): Promise<Container> {
  const mounted = ["-e", "UPSTREAM=https://localhost:9443/", "-v", `${folder}:/run/tls:ro`, ...flags];
  const container = await startContainer(engine, image, { flags: mounted });
  await untilReady(
    engine,
    container,
    async () => (await inNetworkOf(container, ["curl", "--silent", url])).code === 0,
  );
  return container;
}

/** What /fetch answers; undefined where it answers with an error. */
async function fetchThrough(container: Container, { certificate, key }: CertificateFiles): Promise<unknown> {
  const argv = [
    "--target",
    String(container.pid),
    "--net",
    process.execPath,
    server,
    "9443",
    certificate,
    key,
  ];
  const upstream = spawn("nsenter", argv, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(upstream, "exit");
  await once(upstream.stdout, "data");
  try {
    const answer = await askInNetworkOf(container, ["curl", "-sS", "-w", "%{http_code}", `${url}/fetch`]);
    if (answer.endsWith("200")) return JSON.parse(answer.slice(0, -3)) as unknown;
    expect(answer.slice(-3)).toBe("500");
    return undefined;
  } finally {
    upstream.kill();
    await ended;
  }
}
