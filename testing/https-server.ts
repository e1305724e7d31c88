// An HTTPS server in a process of its own, so that it can be started in another network: node https-server.ts PORT CERTIFICATE KEY
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [port, certificate, key] = process.argv.slice(2);
if (certificate !== undefined && key !== undefined) {
  createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (_request, response) => {
    response.end("from upstream");
  }).listen(Number(port), "127.0.0.1", () => process.stdout.write("listening\n"));
}
