// A small Debian archive over HTTP for tests: really signed, with a by-hash tree, and with faults on demand.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { createCleartextMessage, generateKey, readPrivateKey, sign } from "openpgp";
import { digestOf, hexOf } from "../src/base/digest.ts";

export interface TestKey {
  readonly privateKey: string;
  readonly publicKey: Uint8Array;
}

/** A key made at `createdAt`, valid for so many seconds (0: for ever). */
export async function makeKey(createdAt: Date, validForSeconds = 0): Promise<TestKey> {
  const made = await generateKey({
    userIDs: [{ name: "Test archive" }],
    date: createdAt,
    keyExpirationTime: validForSeconds,
  });
  return { privateKey: made.privateKey, publicKey: Buffer.from(made.publicKey) };
}

/** Clear-signs text as of a date, with every one of the keys. */
export async function clearSign(text: string, keys: readonly TestKey[], date: Date): Promise<string> {
  const signingKeys = await Promise.all(keys.map((key) => readPrivateKey({ armoredKey: key.privateKey })));
  const message = await createCleartextMessage({ text });
  return sign({ message, signingKeys, date });
}

interface TestPackage {
  readonly name: string;
  readonly version?: string;
  /** Further fields of the stanza: "Depends" ... */
  readonly fields?: Readonly<Record<string, string>>;
  readonly content?: string | Uint8Array;
}

export interface TestSuite {
  readonly suite: string;
  readonly codename?: string;
  readonly packages: readonly TestPackage[];
  readonly date: Date;
  readonly validUntil?: Date;
  /** None: an unsigned InRelease. */
  readonly signedBy: readonly TestKey[];
  /** Which forms of Packages there are. */
  readonly forms?: readonly ("gz" | "plain")[];
  readonly byHash?: boolean;
  /** Changes the Release text before it is signed. */
  readonly edit?: (release: string) => string;
  /** Changes the InRelease file after it is signed. */
  readonly tamper?: (inRelease: string) => string;
}

/** What goes wrong with a file: for so many requests, or for ever. */
export interface Fault {
  readonly kind: "missing" | "failing" | "cut" | "short" | "corrupt" | "oversized";
  readonly times?: number;
}

export interface TestRepository {
  readonly url: string;
  /** "GET /dists/...", with the range where one was asked for. */
  readonly requests: string[];
  /** By a part of the path. */
  readonly faults: Map<string, Fault>;
  publish(suite: TestSuite): Promise<void>;
  close(): Promise<void>;
}

export async function serveRepository(): Promise<TestRepository> {
  const files = new Map<string, Uint8Array>();
  const requests: string[] = [];
  const faults = new Map<string, Fault>();
  const server = createServer((request, response) => answer(files, faults, requests, request, response));
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    faults,
    publish: async (suite) => {
      for (const [path, content] of await filesOf(suite)) files.set(path, content);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

async function filesOf(suite: TestSuite): Promise<[string, Uint8Array][]> {
  const files: [string, Uint8Array][] = [];
  const packages = Buffer.from(suite.packages.map((one) => `${stanzaOf(one)}\n`).join(""));
  for (const one of suite.packages) files.push([`/${poolPath(one)}`, contentOf(one)]);
  const folder = "main/binary-amd64";
  const forms = new Map<string, Uint8Array>([[`${folder}/Packages`, packages]]);
  const offered = suite.forms ?? ["gz"];
  if (offered.includes("gz")) forms.set(`${folder}/Packages.gz`, gzipSync(packages));
  for (const [path, content] of forms) {
    if (path.endsWith("Packages") && !offered.includes("plain")) continue;
    files.push([`/dists/${suite.suite}/${path}`, content]);
    files.push([`/dists/${suite.suite}/${folder}/by-hash/SHA256/${hexOf(digestOf(content))}`, content]);
  }
  const inRelease = await inReleaseOf(suite, forms);
  files.push([`/dists/${suite.suite}/InRelease`, Buffer.from((suite.tamper ?? ((text) => text))(inRelease))]);
  return files;
}

async function inReleaseOf(suite: TestSuite, forms: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const lines = [...forms].map(([path, content]) => ` ${hexOf(digestOf(content))} ${content.length} ${path}`);
  const release = [
    "Origin: Test",
    `Suite: ${suite.suite}`,
    `Codename: ${suite.codename ?? suite.suite}`,
    `Date: ${suite.date.toUTCString().replace("GMT", "UTC")}`,
    ...(suite.validUntil === undefined
      ? []
      : [`Valid-Until: ${suite.validUntil.toUTCString().replace("GMT", "UTC")}`]),
    `Acquire-By-Hash: ${suite.byHash === false ? "no" : "yes"}`,
    "Architectures: all amd64",
    "No-Support-for-Architecture-all: Packages",
    "Components: main",
    "SHA256:",
    ...lines,
    "",
  ].join("\n");
  const edited = (suite.edit ?? ((text) => text))(release);
  return suite.signedBy.length === 0 ? edited : clearSign(edited, suite.signedBy, suite.date);
}

function contentOf(one: TestPackage): Buffer {
  return Buffer.from(one.content ?? `the package ${one.name}`);
}

function poolPath(one: TestPackage): string {
  return `pool/main/${one.name[0] ?? ""}/${one.name}/${one.name}_${one.version ?? "1.0"}_amd64.deb`;
}

function stanzaOf(one: TestPackage): string {
  const content = contentOf(one);
  const fields = {
    Package: one.name,
    Version: one.version ?? "1.0",
    Architecture: "amd64",
    Filename: poolPath(one),
    Size: String(content.length),
    SHA256: hexOf(digestOf(content)),
    ...one.fields,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

function answer(
  files: ReadonlyMap<string, Uint8Array>,
  faults: Map<string, Fault>,
  requests: string[],
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = decodeURIComponent(request.url ?? "");
  const { range } = request.headers;
  requests.push(`${request.method ?? ""} ${path}${range === undefined ? "" : ` ${range}`}`);
  const fault = takeFault(faults, path);
  const content = files.get(path);
  if (content === undefined || fault === "missing") return void response.writeHead(404).end();
  if (fault === "failing") return void response.writeHead(500).end();
  const etag = `"${hexOf(digestOf(content)).slice(0, 16)}"`;
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const body = Buffer.from(content.subarray(from));
  if (from > 0) response.setHeader("content-range", `bytes ${from}-${content.length - 1}/${content.length}`);
  response.setHeader("etag", etag);
  response.statusCode = from > 0 ? 206 : 200;
  send(response, body, fault);
}

function send(response: ServerResponse, body: Buffer, fault: Fault["kind"] | undefined): void {
  const half = body.subarray(0, Math.floor(body.length / 2));
  switch (fault) {
    case "cut":
      response.setHeader("content-length", body.length);
      response.write(half, () => response.destroy());
      return;
    case "short":
      return void response.end(half);
    case "oversized":
      return void response.end(Buffer.concat([body, body]));
    case "corrupt":
      body[0] = (body[0] ?? 0) ^ 1;
      return void response.end(body);
    default:
      response.end(body);
  }
}

function takeFault(faults: Map<string, Fault>, path: string): Fault["kind"] | undefined {
  for (const [part, fault] of faults) {
    if (!path.includes(part)) continue;
    const { times } = fault;
    if (times === 1) faults.delete(part);
    else if (times !== undefined) faults.set(part, { ...fault, times: times - 1 });
    return fault.kind;
  }
  return undefined;
}
