import { describe, expect, test } from "vitest";
import { errorOf, smallImage } from "../../../testing/registry-session.ts";
import { bytesOf } from "../../base/bytes.ts";
import type { HttpResponse } from "../../base/http.ts";
import { parseReference } from "../reference.ts";
import { openRegistryClient } from "./client.ts";
import { pushImageSet } from "./push.ts";

const host = "registry.example.test";

/** Pushes to a registry that speaks TLS and gives `location` to upload to. Returns the requests that leave this machine. */
async function pushTo(
  location: string,
  insecure: boolean,
): Promise<{ work: Promise<unknown>; sent: string[] }> {
  const sent: string[] = [];
  const answer = (method: string, url: string): HttpResponse => {
    sent.push(`${method} ${url}`);
    const { pathname } = new URL(url);
    const status =
      pathname === "/v2/"
        ? 200
        : method === "HEAD"
          ? 404
          : method === "POST"
            ? 202
            : method === "PUT"
              ? 400
              : 500;
    const headers = new Map(method === "POST" ? [["location", location]] : []);
    return { status, headers, body: bytesOf(new Uint8Array(0)), discard: () => undefined };
  };
  const http = {
    request: async (method: string, url: string) => answer(method, url),
    close: () => undefined,
  };
  const client = await openRegistryClient({
    environment: {},
    systemFolder: "/nonexistent",
    task: { signal: new AbortController().signal, emit: () => undefined, now: () => 0 },
    connections: { clientFor: async () => http, close: () => undefined },
    findCredentials: async () => undefined,
    ...(insecure ? { insecureHosts: [host] } : {}),
  });
  const work = pushImageSet({ images: [smallImage] }, parseReference(`${host}/app:1`), { client });
  return { work, sent };
}

const puts = (sent: readonly string[]): readonly string[] => sent.filter((one) => one.startsWith("PUT "));

describe("an upload's address", () => {
  test.each([
    ["in plain HTTP", `http://${host}/upload`, `${host} leads from https to plain HTTP at ${host}`],
    [
      "in plain HTTP elsewhere",
      "http://other.example.test/upload",
      `${host} leads from https to plain HTTP at other.example.test`,
    ],
    ["of another protocol", "ftp://example.test/upload", `${host} gave no valid address`],
    ["that is none", "https://[", `${host} gave no valid address`],
  ])("%s is refused before anything is sent there", async (_, location, why) => {
    const { work, sent } = await pushTo(location, false);
    expect(await errorOf(work)).toMatchObject({ code: "registry", why });
    expect(puts(sent)).toEqual([]);
  });

  test.each([
    ["a path", "/upload/1", false, `https://${host}/upload/1`],
    ["another host's", "https://other.example.test/1", false, "https://other.example.test/1"],
    ["plain HTTP of a registry that was called insecure", `http://${host}/1`, true, `http://${host}/1`],
  ])("is used: %s", async (_, location, insecure, expected) => {
    const { work, sent } = await pushTo(location, insecure);
    // It refuses what it gets, which ends the push.
    expect(await errorOf(work)).toMatchObject({ code: "registry" });
    expect(puts(sent)[0]).toSatisfy((line: string) => line.startsWith(`PUT ${expected}?digest=`));
  });
});
