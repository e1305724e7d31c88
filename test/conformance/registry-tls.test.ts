// The registry client where TLS is the rule: certificates, insecure registries, proxies by CONNECT.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseReference } from "../../src/oci/reference.ts";
import { pushImageSet } from "../../src/oci/registry/push.ts";
import { dockerRegistryMissing, startDockerRegistry } from "../../testing/engines/docker-registry.ts";
import { imageSetFor } from "../../testing/images.ts";
import { testClient } from "../../testing/registry-client.ts";

const opensslFound = spawnSync("openssl", ["version"], { stdio: "ignore" }).error === undefined;
const because = (reason: string | undefined): string => (reason === undefined ? "" : ` (skipped: ${reason})`);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "registry-tls-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A self-signed certificate for an address. */
function certify(address: string): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(folder, `${address}-cert.pem`), join(folder, `${address}-key.pem`)];
  const subject = ["-subj", "/CN=test", "-addext", `subjectAltName=IP:${address}`, "-days", "2"];
  const words = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    key,
    "-out",
    certificate,
    ...subject,
  ];
  const { status, stderr } = spawnSync("openssl", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
  return { certificate, key };
}

/** An address of this machine that isn't loopback, where TLS is the rule. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === "IPv4" && !one.internal)?.address;

const noTls =
  dockerRegistryMissing() ??
  (opensslFound ? undefined : "openssl is not installed") ??
  (outside === undefined ? "this machine has no address but loopback" : undefined);

describe.skipIf(noTls !== undefined)(`TLS${because(noTls)}`, () => {
  const address = outside ?? "";

  test("an unknown authority is refused, named in SSL_CERT_FILE it is trusted, insecure it doesn't matter", async () => {
    const { certificate, key } = certify(address);
    const secure = await startDockerRegistry({ address, tls: { certificate, key } });
    try {
      const reference = parseReference(`${secure.host}/app:1`);
      const strict = await testClient();
      const refused = { code: "network", hint: expect.stringContaining("SSL_CERT_FILE") as string };
      await expect(pushImageSet(imageSetFor("amd64"), reference, strict)).rejects.toMatchObject(refused);
      const trusting = await testClient({ environment: { SSL_CERT_FILE: certificate } });
      expect((await pushImageSet(imageSetFor("amd64"), reference, trusting)).blobs.uploaded).toBe(3);
      const insecure = await testClient({ insecureHosts: [secure.host] });
      expect((await pushImageSet(imageSetFor("amd64"), reference, insecure)).blobs.uploaded).toBe(0);
      for (const { client } of [strict, trusting, insecure]) client.close();
    } finally {
      await secure.stop();
    }
  });

  test("through a proxy, by CONNECT; its password isn't told where it refuses", async () => {
    const { certificate, key } = certify(address);
    const secure = await startDockerRegistry({ address, tls: { certificate, key } });
    const asked: string[] = [];
    let refuses = false;
    const proxy = createServer().listen(0, "127.0.0.1");
    proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
      asked.push(`${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`);
      if (refuses) {
        socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        return;
      }
      const [host = "", port = ""] = (request.url ?? "").split(":");
      const upstream = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
    });
    await once(proxy, "listening");
    try {
      const HTTPS_PROXY = `http://user:pr0xypass@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const reference = parseReference(`${secure.host}/app:1`);
      const through = await testClient({ environment: { SSL_CERT_FILE: certificate, HTTPS_PROXY } });
      expect((await pushImageSet(imageSetFor("amd64"), reference, through)).blobs.uploaded).toBe(3);
      expect(asked[0]).toBe(`${secure.host} Basic ${Buffer.from("user:pr0xypass").toString("base64")}`);
      refuses = true;
      const refused = await testClient({ environment: { SSL_CERT_FILE: certificate, HTTPS_PROXY } });
      const error: unknown = await pushImageSet(imageSetFor("amd64"), reference, refused).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: "network" });
      expect(inspect(error, { depth: 20 })).not.toMatch(/pr0xypass|dXNlcjpwcjB4eXBhc3M/);
      const direct = await testClient({
        environment: { SSL_CERT_FILE: certificate, HTTPS_PROXY, NO_PROXY: address },
      });
      expect((await pushImageSet(imageSetFor("amd64"), reference, direct)).blobs.uploaded).toBe(0);
      for (const { client } of [through, refused, direct]) client.close();
    } finally {
      proxy.closeAllConnections();
      proxy.close();
      await secure.stop();
    }
  });

  test("plain HTTP outside this machine only where the host is called insecure", async () => {
    const plain = await startDockerRegistry({ address });
    try {
      const reference = parseReference(`${plain.host}/app:1`);
      const strict = await testClient();
      const refused = { code: "network", hint: expect.stringContaining("--insecure-registry") as string };
      await expect(pushImageSet(imageSetFor("amd64"), reference, strict)).rejects.toMatchObject(refused);
      const insecure = await testClient({ insecureHosts: [plain.host] });
      expect((await pushImageSet(imageSetFor("amd64"), reference, insecure)).blobs.uploaded).toBe(3);
      for (const { client } of [strict, insecure]) client.close();
    } finally {
      await plain.stop();
    }
  });

  test("TLS on this machine", async () => {
    const { certificate, key } = certify("127.0.0.1");
    const secure = await startDockerRegistry({ tls: { certificate, key } });
    try {
      const reference = parseReference(`${secure.host}/app:1`);
      const strict = await testClient();
      await expect(pushImageSet(imageSetFor("amd64"), reference, strict)).rejects.toMatchObject({
        code: "network",
        hint: expect.stringContaining("SSL_CERT_FILE") as string,
      });
      const trusting = await testClient({ environment: { SSL_CERT_FILE: certificate } });
      expect((await pushImageSet(imageSetFor("amd64"), reference, trusting)).blobs.uploaded).toBe(3);
      for (const { client } of [strict, trusting]) client.close();
    } finally {
      await secure.stop();
    }
  });
});
