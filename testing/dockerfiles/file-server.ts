// What ADD fetches, on 127.0.0.1: files with and without dates, archives, and a git repository (git's own http-backend, a CGI
// program). The same bytes and the same commits in every run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { tarOf } from "../builders.ts";
import { runWell } from "../programs.ts";

export interface FileServer {
  /** "127.0.0.1:PORT" */
  readonly host: string;
  stop(): Promise<void>;
}

const lastModified = "Sat, 03 Feb 2024 04:05:06 GMT";
const tar = tarOf([
  { name: "packed/", kind: "directory", mode: 0o750, mtime: 1_600_000_000 },
  { name: "packed/file", content: "from an archive\n", mode: 0o640, uid: 7, gid: 8, mtime: 1_600_000_001 },
]);

const served: Readonly<Record<string, { readonly body: Buffer; readonly headers?: Record<string, string> }>> =
  {
    "/dated.txt": { body: Buffer.from("dated\n"), headers: { "Last-Modified": lastModified } },
    "/undated.txt": { body: Buffer.from("undated\n") },
    "/query": { body: Buffer.from("by query\n") },
    "/packed.tar": { body: tar },
    "/packed.tar.gz": { body: gzipSync(tar), headers: { "Last-Modified": lastModified } },
    "/download": {
      body: Buffer.from("named by the server\n"),
      headers: { "Content-Disposition": 'attachment; filename="named.txt"' },
    },
  };

/** Needs git. Its repository is /repository.git; its commits: `repositoryOf`. */
export async function startFileServer(): Promise<FileServer> {
  const folder = mkdtempSync(join(tmpdir(), "file-server-"));
  await makeRepository(folder);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://server.test");
    if (url.pathname.startsWith("/repository.git/")) {
      askGit(folder, url, request, response);
      return;
    }
    if (url.pathname === "/moved") {
      response.writeHead(302, { Location: "/dated.txt" }).end();
      return;
    }
    const file = served[url.pathname];
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { ...file.headers, "Content-Length": file.body.length }).end(file.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop(): Promise<void> {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Two commits on "main", a tag on the first, a branch beside it. */
async function makeRepository(folder: string): Promise<void> {
  const work = join(folder, "work");
  const script = `
    git init -q -b main ${work}
    cd ${work}
    mkdir -p sub/deeper bin
    echo one > file; echo below > sub/deeper/file; printf '#!/bin/sh\\n' > bin/run; chmod 755 bin/run; ln -s ../file sub/link
    git add .; git commit -q -m one; git tag v1
    git branch side; echo two > file; git add .; git commit -q -m two
    git checkout -q side; echo side > side; git add .; git commit -q -m side
    git clone -q --bare ${work} ${join(folder, "repository.git")}
    cd ${join(folder, "repository.git")}; git symbolic-ref HEAD refs/heads/main
    git config uploadpack.allowAnySHA1InWant true; git config uploadpack.allowFilter true
  `;
  const date = "2024-01-02T03:04:05Z";
  const person = { GIT_AUTHOR_NAME: "Tester", GIT_AUTHOR_EMAIL: "tester@example.test" };
  const committer = { GIT_COMMITTER_NAME: "Tester", GIT_COMMITTER_EMAIL: "tester@example.test" };
  const env = { ...person, ...committer, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const alone = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null", HOME: folder };
  writeFileSync(join(folder, "make.sh"), script);
  await runWell(["sh", "-eu", join(folder, "make.sh")], { env: { ...env, ...alone }, cwd: folder });
}

/** One request to git-http-backend (RFC 3875: headers, an empty line, the body). */
function askGit(folder: string, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const header = (name: string): string => String(request.headers[name] ?? "");
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? "GET",
      CONTENT_TYPE: header("content-type"),
      HTTP_CONTENT_ENCODING: header("content-encoding"),
      GIT_PROTOCOL: header("git-protocol"),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.on("error", () => undefined);
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.on("close", () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf("\r\n\r\n");
    const lines = answer.subarray(0, Math.max(end, 0)).toString().split("\r\n");
    const headers = lines.map((line) => line.split(": ")).filter(([name]) => name !== "Status");
    const status = /^Status: (\d+)/m.exec(lines.join("\n"))?.[1] ?? "200";
    response.writeHead(Number(status), Object.fromEntries(headers) as Record<string, string>);
    response.end(answer.subarray(end + 4));
  });
}
