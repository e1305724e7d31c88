import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect } from "../../base/bytes.ts";
import { createHttp, type Http } from "../../base/http.ts";
import { downloadsOver } from "./downloads.ts";

let server: Server;
let base: string;
let http: Http;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = "", headers } = request;
    if (url === "/file") {
      if (headers["if-none-match"] === '"1"') response.writeHead(304).end();
      else
        response
          .writeHead(200, { etag: '"1"', "last-modified": "Thu, 01 Jan 1970 00:00:00 GMT" })
          .end("content");
    } else if (url === "/moved") response.writeHead(302, { location: "/file" }).end();
    else if (url === "/circle") response.writeHead(302, { location: "/circle" }).end();
    else if (url === "/out") response.writeHead(302, { location: "file:///etc/passwd" }).end();
    else response.writeHead(404).end("nothing");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = createHttp();
});

afterAll(() => {
  http.close();
  server.close();
});

const download = downloadsOver(() => Promise.resolve(http));
const never = new AbortController().signal;

test.each(["/file", "/moved"])("%s is fetched with what tells whether it is still the same", async (path) => {
  const answer = await download(`${base}${path}`, {}, never);
  if (answer === "unchanged") throw new Error("nothing was known of it");
  expect(answer).toMatchObject({ etag: '"1"', lastModified: "Thu, 01 Jan 1970 00:00:00 GMT" });
  expect(Buffer.from(await collect(answer.content, 100, "it")).toString()).toBe("content");
});

test("what is still the same isn't sent again", async () => {
  expect(await download(`${base}/file`, { etag: '"1"' }, never)).toBe("unchanged");
});

test.each([
  ["/none", "not-found", "status 404"],
  ["/circle", "network", "redirectsFollowedMax"],
  ["/out", "network", "no address of HTTP"],
])("%s fails", async (path, code, why) => {
  await expect(download(`${base}${path}`, {}, never)).rejects.toMatchObject({
    code,
    why: expect.stringContaining(why) as unknown,
  });
});

test("a password in an address isn't told", async () => {
  const failing = download(`${base.replace("//", "//me:secret@")}/none`, {}, never);
  await expect(failing).rejects.not.toThrow("secret");
});
