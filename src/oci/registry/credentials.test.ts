import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ToolError } from "../../base/errors.ts";
import { askCredentialHelper } from "./credential-helper.ts";
import { credentialsFromFiles } from "./credentials.ts";

const { signal } = new AbortController();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "credentials-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

async function helper(name: string, script: string): Promise<void> {
  const path = await file(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

function environment(extra: Record<string, string> = {}): Record<string, string> {
  return {
    HOME: join(folder, "home"),
    PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
    OUT: join(folder, "out"),
    ...extra,
  };
}

const auth = (text: string): { auth: string } => ({ auth: Buffer.from(text).toString("base64") });
const docker = "home/.docker/config.json";

describe("docker's and containers' files", () => {
  const files: readonly (readonly [string, unknown, string, string, unknown])[] = [
    [
      "an auth",
      { auths: { "a.test": auth("bob:se:cret") } },
      "a.test",
      "x",
      { username: "bob", password: "se:cret" },
    ],
    ["with a port", { auths: { "a.test:5000": auth("bob:pw") } }, "a.test:5000", "x", { username: "bob" }],
    ["another port", { auths: { "a.test:5000": auth("bob:pw") } }, "a.test", "x", undefined],
    ["another host", { auths: { "a.test": auth("bob:pw") } }, "b.test", "x", undefined],
    [
      "a key with scheme and path",
      { auths: { "https://a.test/v2/": auth("bob:pw") } },
      "a.test",
      "x",
      { username: "bob" },
    ],
    [
      "Docker Hub's old key",
      { auths: { "https://index.docker.io/v1/": auth("bob:pw") } },
      "docker.io",
      "library/x",
      { username: "bob" },
    ],
    ["NUL padding", { auths: { "a.test": auth("bob:pw\0\0") } }, "a.test", "x", { password: "pw" }],
    [
      "username and password",
      { auths: { "a.test": { username: "bob", password: "pw" } } },
      "a.test",
      "x",
      { username: "bob", password: "pw" },
    ],
    [
      "an identity token",
      { auths: { "a.test": { ...auth("bob:"), identitytoken: "it" } } },
      "a.test",
      "x",
      { kind: "identity-token", token: "it" },
    ],
    [
      "a registry token",
      { auths: { "a.test": { registrytoken: "rt" } } },
      "a.test",
      "x",
      { kind: "registry-token", token: "rt" },
    ],
    ["an empty entry", { auths: { "a.test": {} } }, "a.test", "x", undefined],
    ["no auths", {}, "a.test", "x", undefined],
    ["auths of another type", { auths: ["a.test"] }, "a.test", "x", undefined],
    [
      "the most specific",
      {
        auths: { "a.test": auth("host:1"), "a.test/team": auth("team:1"), "a.test/team/app": auth("app:1") },
      },
      "a.test",
      "team/app",
      { username: "app" },
    ],
    [
      "a namespace",
      { auths: { "a.test": auth("host:1"), "a.test/team": auth("team:1") } },
      "a.test",
      "team/other",
      { username: "team" },
    ],
    [
      "not a part of a name",
      { auths: { "a.test": auth("host:1"), "a.test/te": auth("te:1") } },
      "a.test",
      "team/x",
      { username: "host" },
    ],
  ];
  test.each(files)("%s", async (_, content, registry, repository, expected) => {
    await file(docker, content);
    const found = await credentialsFromFiles(environment())(registry, repository, signal);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected as object);
  });

  const places: readonly (readonly [string, string, Record<string, string>])[] = [
    ["run/containers/auth.json", "XDG_RUNTIME_DIR", { XDG_RUNTIME_DIR: "run" }],
    ["config/containers/auth.json", "XDG_CONFIG_HOME", { XDG_CONFIG_HOME: "config" }],
    ["home/.config/containers/auth.json", "HOME", {}],
    ["docker/config.json", "DOCKER_CONFIG", { DOCKER_CONFIG: "docker" }],
    [docker, "HOME", {}],
    ["own.json", "REGISTRY_AUTH_FILE", { REGISTRY_AUTH_FILE: "own.json" }],
  ];
  test.each(places)("%s, by %s", async (name, _, variables) => {
    const path = await file(name, { auths: { "a.test": auth("bob:pw") } });
    const absolute = Object.fromEntries(
      Object.entries(variables).map(([key, value]) => [key, join(folder, value)]),
    );
    const found = await credentialsFromFiles(environment(absolute))("a.test", "x", signal);
    expect(found).toMatchObject({ username: "bob", source: path });
  });
  test("the first file that knows the registry decides", async () => {
    await file("run/containers/auth.json", { auths: { "a.test": auth("first:pw") } });
    await file(docker, { auths: { "a.test": auth("second:pw"), "b.test": auth("second:pw") } });
    const find = credentialsFromFiles(environment({ XDG_RUNTIME_DIR: join(folder, "run") }));
    expect(await find("a.test", "x", signal)).toMatchObject({ username: "first" });
    expect(await find("b.test", "x", signal)).toMatchObject({ username: "second" });
  });
  test("REGISTRY_AUTH_FILE alone, where it is set", async () => {
    await file(docker, { auths: { "a.test": auth("bob:pw") } });
    const own = await file("own.json", {});
    expect(
      await credentialsFromFiles(environment({ REGISTRY_AUTH_FILE: own }))("a.test", "x", signal),
    ).toBeUndefined();
  });

  const mistakes: readonly (readonly [unknown, string])[] = [
    ["{", "it is not a JSON object"],
    ["[]", "it is not a JSON object"],
    [{ auths: { "a.test": { auth: "%%%" } } }, "not the base64 of USER:PASSWORD"],
    [{ auths: { "a.test": auth(":nobody") } }, "not the base64 of USER:PASSWORD"],
    ["x".repeat(5_000_000), "credentialsFileBytesMax"],
  ];
  test.each(mistakes)("%.40j: %s", async (content, why) => {
    const path = await file(docker, content);
    const error = {
      code: "configuration",
      what: expect.stringContaining(path) as string,
      why: expect.stringContaining(why) as string,
    };
    await expect(credentialsFromFiles(environment())("a.test", "x", signal)).rejects.toMatchObject(error);
  });
  test("a REGISTRY_AUTH_FILE that isn't there", async () => {
    const find = credentialsFromFiles(environment({ REGISTRY_AUTH_FILE: join(folder, "absent.json") }));
    await expect(find("a.test", "x", signal)).rejects.toMatchObject({
      code: "configuration",
      hint: expect.any(String) as string,
    });
  });
});

describe("credential helpers", () => {
  const answer = (username: string, secret: string): string =>
    `cat > $OUT; printf '{"ServerURL":"x","Username":"${username}","Secret":"${secret}"}'`;

  test("credsStore for any registry, credHelpers before it", async () => {
    await helper("store", answer("store", "s1"));
    await helper("special", answer("special", "s2"));
    await file(docker, {
      credsStore: "store",
      credHelpers: { "b.test": "special" },
      auths: { "a.test": {} },
    });
    const find = credentialsFromFiles(environment());
    expect(await find("a.test", "x", signal)).toEqual({
      kind: "password",
      username: "store",
      password: "s1",
      source: "docker-credential-store",
    });
    expect(await find("b.test", "x", signal)).toMatchObject({ username: "special", password: "s2" });
  });
  test("an identity token", async () => {
    await helper("store", answer("<token>", "refresh"));
    expect(await askCredentialHelper("store", "a.test", environment(), signal)).toMatchObject({
      kind: "identity-token",
      token: "refresh",
    });
  });
  test("what it doesn't know may stand in the file", async () => {
    await helper("store", "echo 'credentials not found in native keychain'; exit 1");
    await file(docker, { credsStore: "store", auths: { "a.test": auth("bob:pw") } });
    expect(await credentialsFromFiles(environment())("a.test", "x", signal)).toMatchObject({
      username: "bob",
    });
  });

  const secret = "hush-hush";
  const failures: readonly (readonly [string, string, string])[] = [
    ["absent", "", "it is not installed"],
    ["../../bin/sh", "", "the name of a helper"],
    ["a;touch x", "", "the name of a helper"],
    ["store", `echo ${secret}; exit 3`, "it failed with exit code 3"],
    ["store", `echo ${secret} >&2; kill -9 $$`, "it was ended by a signal"],
    ["store", `echo ${secret}`, "not JSON with Username and Secret"],
    ["store", `echo '{"Secret":"${secret}"}'`, "not JSON with Username and Secret"],
    ["store", "head -c 2000000 /dev/zero", "credentialHelperOutputBytesMax"],
    ["store", "sleep 30", "did not answer within 0.3 seconds"],
    ["store", "sleep 30 & sleep 30", "did not answer within 0.3 seconds"],
  ];
  test.each(failures)("%s %j: %s", async (name, script, why) => {
    if (script !== "") await helper(name, script);
    const error: unknown = await askCredentialHelper(
      name,
      "a.test",
      environment(),
      signal,
      script.includes("sleep") ? 300 : 20_000,
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ToolError);
    expect(error).toMatchObject({
      code: "configuration",
      why: expect.stringContaining(why) as string,
      hint: expect.any(String) as string,
    });
    expect(JSON.stringify(error) + String(error)).not.toContain(secret);
  });
});
