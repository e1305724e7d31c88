// nginx by curl, over TLS with a certificate that is mounted.
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { certificatesIn } from "../../../testing/certificates.ts";
import {
  askInNetworkOf,
  endContainer,
  inNetworkOf,
  startContainer,
  untilReady,
} from "../../../testing/engines/containers.ts";
import { type Check, expectPowerless } from "./check.ts";

const site = join(import.meta.dirname, "../../../examples/nginx/site/index.html");
const url = "https://localhost:8443";

export const checkNginx: Check = async ({ engine, image, folder }) => {
  const { authority } = await certificatesIn(folder);
  await chmod(folder, 0o755);
  const flags = ["--tmpfs", "/tmp", "-v", `${folder}:/run/tls:ro`];
  const container = await startContainer(engine, image, { flags });
  const curl = ["curl", "--silent", "--show-error", "--cacert", authority];
  await untilReady(engine, container, async () => (await inNetworkOf(container, [...curl, url])).code === 0);
  await expectPowerless(container, 101);
  expect(await askInNetworkOf(container, [...curl, `${url}/`])).toBe(await readFile(site, "utf8"));
  const answer = await askInNetworkOf(container, [...curl, "--head", `${url}/index.html`]);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer).toMatch(/^Content-Type: text\/html\r$/m);
  expect(await askInNetworkOf(container, [...curl, `${url}/absent`])).toContain("404 Not Found");
  const distrustful = await inNetworkOf(container, ["curl", "--silent", url]);
  expect(distrustful.code, "a client without the authority refuses").toBe(60);
  expect(await endContainer(engine, container)).toBe(0);
};
