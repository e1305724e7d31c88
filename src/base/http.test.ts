import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Bytes, bytesOf, collect } from "./bytes.ts";
import { ToolError } from "./errors.ts";
import { createHttp, type Http, type HttpSettings, isPassingConnectionError } from "./http.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(
  listener: RequestListener,
  prepare: (server: Server) => void = () => undefined,
): Promise<string> {
  const server = createServer(listener);
  prepare(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(settings: HttpSettings = {}): Http {
  const http = createHttp(settings);
  closing.push(() => http.close());
  return http;
}

const textOf = async (body: Bytes): Promise<string> =>
  Buffer.from(await collect(body, 10_000_000, "a body")).toString();

async function errorOf(promise: Promise<unknown>): Promise<string> {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  return thrown instanceof ToolError
    ? `${thrown.code}: ${thrown.message} / ${thrown.hint ?? ""}`
    : String(thrown);
}

const echo: RequestListener = (request, response) => {
  response.setHeader("x-method", request.method ?? "");
  response.setHeader("set-cookie", ["a=1", "b=2"]);
  request.pipe(response);
};

describe("an exchange", () => {
  test.each<[string, "POST" | "PUT", () => Uint8Array | Bytes]>([
    ["bytes", "POST", () => Buffer.from("some content")],
    ["a stream", "PUT", () => bytesOf(Buffer.from("some content"))],
  ])("sends %s and reads the answer", async (_, method, body) => {
    const url = await serve(echo);
    const response = await client().request(method, url, { body: body() });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-method")).toBe(method);
    expect(response.headers.get("set-cookie")).toBe("a=1, b=2");
    expect(await textOf(response.body)).toBe("some content");
  });

  test("a large stream meets a slow reader, in both directions", async () => {
    const url = await serve(echo);
    const block = Buffer.alloc(65_536, 7);
    const body: Bytes = {
      async *[Symbol.asyncIterator]() {
        for (let count = 0; count < 100; count++) yield block;
      },
    };
    const response = await client().request("PUT", url, { body });
    let sizeBytes = 0;
    for await (const chunk of response.body) {
      expect(chunk.every((byte) => byte === 7)).toBe(true);
      sizeBytes += chunk.length;
      if (sizeBytes % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(sizeBytes).toBe(100 * block.length);
  });

  test.each([302, 404, 500])("status %d is an answer", async (status) => {
    const url = await serve((_, response) =>
      response.writeHead(status, { location: "/elsewhere" }).end("body"),
    );
    const response = await client().request("GET", url);
    expect([response.status, response.headers.get("location")]).toEqual([status, "/elsewhere"]);
    response.discard();
  });

  test("a connection serves again after its body was read or discarded", async () => {
    let connections = 0;
    const url = await serve(
      (_, response) => response.end("body"),
      (server) => server.on("connection", () => connections++),
    );
    const http = client();
    await textOf((await http.request("GET", url)).body);
    (await http.request("GET", url)).discard();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await textOf((await http.request("GET", url)).body);
    expect(connections).toBe(1);
  });

  test("no more connections than allowed", async () => {
    let open = 0;
    let most = 0;
    const url = await serve((_, response) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        response.end();
      }, 5);
    });
    const http = client({ connectionsPerHostMax: 3 });
    await Promise.all(Array.from({ length: 12 }, async () => textOf((await http.request("GET", url)).body)));
    expect(most).toBe(3);
  });
});

describe("a failure", () => {
  test.each<[string, RequestListener, RegExp]>([
    [
      "a body that is cut",
      (_, response) => {
        response.setHeader("content-length", 100);
        response.write("half", () => response.destroy());
      },
      /^network: requesting http:\/\/127.0.0.1:\d+\/file: the connection was cut/,
    ],
    ["an answer that never comes", () => undefined, /^network: .*: no byte came for 50 ms/],
    [
      "an answer that stops",
      (_, response) => {
        response.write("half");
      },
      /^network: /,
    ],
    [
      "no HTTP",
      (request) => {
        request.socket.end("nonsense\r\n\r\n");
      },
      /^network: /,
    ],
  ])("%s", async (_, listener, expected) => {
    const url = await serve(listener);
    const attempt = async (): Promise<string> =>
      textOf((await client({ idleTimeoutMs: 50 }).request("GET", `${url}/file`)).body);
    expect(await errorOf(attempt())).toMatch(expected);
  });

  test("an answer that never comes is a time-out, and may pass", async () => {
    const url = await serve(() => undefined);
    const thrown: unknown = await client({ idleTimeoutMs: 50 })
      .request("GET", url)
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: "network", cause: { code: "ETIMEDOUT" } });
    expect(isPassingConnectionError(thrown instanceof ToolError && thrown.cause)).toBe(true);
  });

  test("a refused connection, with a hint, and without what may be a credential", async () => {
    const url = new URL(await serve(echo));
    for (const close of closing.splice(0)) close();
    url.username = "user";
    url.password = "secret";
    const message = await errorOf(client().request("GET", `${url.href}path?token=secret`));
    expect(message).toMatch(/^network: .*\/path: the connection was refused \/ is the service running/);
    expect(message).not.toMatch(/secret|user/);
  });

  test.each(["ftp://mirror.example/x", "mirror.example", "", "file:///etc/passwd"])(
    "no URL for it: %j",
    async (url) => {
      expect(await errorOf(client().request("GET", url))).toMatch(/^network: .*not an http/);
    },
  );

  test("an abort, before and while the body comes", async () => {
    const url = await serve((_, response) => void response.write("half"));
    const early = new AbortController();
    early.abort(new Error("stopped"));
    expect(await errorOf(client().request("GET", url, { signal: early.signal }))).toBe("Error: stopped");
    const late = new AbortController();
    const response = await client().request("GET", url, { signal: late.signal });
    setTimeout(() => late.abort(new Error("stopped")), 5);
    expect(await errorOf(textOf(response.body))).toBe("Error: stopped");
  });

  test("a body that can't be read ends the request with its error", async () => {
    const url = await serve((request) => void request.resume());
    const body: Bytes = {
      async *[Symbol.asyncIterator]() {
        yield Buffer.from("half");
        throw new Error("the disk is gone");
      },
    };
    expect(await errorOf(client().request("PUT", url, { body }))).toMatch(/the disk is gone/);
  });
});

describe("a proxy", () => {
  test("gets plain requests whole, but not those of NO_PROXY", async () => {
    const asked: string[] = [];
    const proxy = await serve((request, response) => {
      asked.push(request.url ?? "");
      response.end("from the proxy");
    });
    const direct = await serve((_, response) => response.end("direct"));
    const http = client({ environment: { http_proxy: proxy, NO_PROXY: "127.0.0.1" } });
    expect(await textOf((await http.request("GET", "http://mirror.example/debian")).body)).toBe(
      "from the proxy",
    );
    expect(await textOf((await http.request("GET", direct)).body)).toBe("direct");
    expect(asked).toEqual(["http://mirror.example/debian"]);
  });

  test("is asked for a tunnel to a secure server", async () => {
    const asked: string[] = [];
    const proxy = await serve(echo, (server) =>
      server.on("connect", (request, socket) => {
        asked.push(request.url ?? "");
        socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      }),
    );
    const http = client({ environment: { HTTPS_PROXY: proxy } });
    expect(await errorOf(http.request("GET", "https://registry.example/v2/"))).toMatch(
      /^network: requesting https:/,
    );
    expect(asked).toEqual(["registry.example:443"]);
  });

  test("of nobody's telling is not used", async () => {
    const direct = await serve((_, response) => response.end("direct"));
    const http = client({ environment: {} });
    expect(await textOf((await http.request("GET", direct)).body)).toBe("direct");
  });
});
