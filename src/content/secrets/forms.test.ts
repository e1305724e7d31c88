// No secret stands here: keys are made when the tests run, passwords are drawn.
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sequence } from "../../../testing/corpus.ts";
import { limits } from "../../base/limits.ts";
import { inMemory } from "../../formats/random-access.ts";
import type { Magic } from "../facts.ts";
import { secretsIn } from "./secrets.ts";

const whats = (content: string | Buffer, magic: Magic = "text"): string[] => {
  const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : content;
  return secretsIn(inMemory(bytes), magic).map(({ what }) => what);
};

const digits = sequence(12);
function drawn(
  length: number,
  alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
): string {
  return Array.from({ length }, () => alphabet[digits(alphabet.length)] ?? "").join("");
}

const pem = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ format: "pem", type: "pkcs8" })
  .toString();

const encoded = (text: string): string => Buffer.from(text).toString("base64");
const passwordHash = `$6$${drawn(16)}$${drawn(86)}`;

describe("settings and forms", () => {
  test.each<[string, string, string[]]>([
    [
      "Azure storage",
      `DefaultEndpointsProtocol=https;AccountName=x;AccountKey=${drawn(86)}==;`,
      ["the key of an Azure storage account"],
    ],
    ["Azure's emulator", `AccountName=devstoreaccount1;AccountKey=${drawn(86)}==;`, []],
    [
      "a Slack webhook",
      `https://hooks.slack.com/services/T${drawn(9, "ABCDEF123")}/B${drawn(9, "ABCDEF123")}/${drawn(24)}`,
      ["a webhook of Slack"],
    ],
    ["npm's settings", `//registry.example.test/:_authToken=${drawn(36)}`, ["a token of an npm registry"]],
    [
      "npm's settings with blanks",
      `//registry.example.test/:_authToken = ${drawn(36)}\n`,
      ["a token of an npm registry"],
    ],
    [
      "npm's older settings",
      `registry=https://r.test/\n_auth=${encoded(`u:${drawn(12)}`)}\n//r/:_password=${encoded(drawn(12))}\n_auth=${encoded("u:password")}\n`,
      ["a login of an npm registry", "a login of an npm registry"],
    ],
    ["npm's settings by a variable", "//registry.example.test/:_authToken=${NPM_TOKEN_OF_THE_BUILD}", []],
    [
      "a kubeconfig",
      `users:\n- user:\n    client-key-data: ${encoded(pem)}\n`,
      ["the client key of a kubeconfig"],
    ],
    [
      "a docker config",
      `{"auths": {"r": {"auth": "${encoded(`u:${drawn(12)}`)}"}}}`,
      ["credentials of a registry (docker config)"],
    ],
    [
      "a docker config in plain",
      `{"auths": {"r": {"username": "bob", "password": "${drawn(12)}"}}}`,
      ["credentials of a registry (docker config)"],
    ],
    [
      "a docker config with a token",
      `{"auths": {"r": {"identitytoken": "${drawn(60)}"}}}`,
      ["credentials of a registry (docker config)"],
    ],
    ["a docker config with a helper", '{"auths": {"r": {}}, "credsStore": "x"}', []],
    [
      "shadow",
      `root:${passwordHash}:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n`,
      ["a password's hash"],
    ],
    ["shadow without passwords", "root:*:19000:0:99999:7:::\ndaemon:!:19000:0:99999:7:::\n", []],
    ["htpasswd", `u:$apr1$${drawn(8)}$${drawn(22)}\n`, ["a password's hash"]],
    [
      "htpasswd under a long comment and an empty line, of many users",
      `${"# words of a licence\n".repeat(200)}\n${Array.from({ length: 8000 }, (_, index) => `u${index}:$apr1$${drawn(8)}$${drawn(22)}\n`).join("")}`,
      [
        ...Array.from({ length: limits.secretsPerKindMax - 1 }, () => "a password's hash"),
        "a password's hash (and 7980 more of the kind)",
      ],
    ],
    ...[
      `<SecretAccessKey>${drawn(40)}</SecretAccessKey>`,
      `<name>fs.s3a.secret.key</name>\n  <value>${drawn(40)}</value>`,
      JSON.stringify(JSON.stringify({ SecretAccessKey: drawn(40) })),
      `aws_secret_access_key: |\n  ${drawn(40)}\n`,
      `ENV AWS_SECRET_ACCESS_KEY ${drawn(40)}\n`,
      `{"secretAccessKey":"${drawn(20)}\\/${drawn(19)}"}`,
    ].map((text): [string, string, string[]] => [text, text, ["an AWS secret access key"]]),
    ["passwd", "root:x:0:0:root:/root:/bin/bash\n", []],
    ["a netrc", `machine h login u password ${drawn(12)}\n`, ["a login of a .netrc"]],
    ["a netrc, in lines", `machine h\n  login u\n  password ${drawn(12)}\n`, ["a login of a .netrc"]],
    ["a pgpass", `db:5432:*:app:${drawn(12)}\n`, ["a password of a PostgreSQL server"]],
    ["what is no pgpass", "a:1:b:c:d\nand other text\n", []],
    ["a MySQL client", `[client]\nuser=x\npassword=${drawn(12)}\n`, ["a password of a MySQL client"]],
    [
      "a Python index",
      `[distutils]\nindex-servers=\n  pypi\n[pypi]\nusername: u\npassword: ${drawn(12)}\n`,
      ["a login of a Python package index"],
    ],
    ["an address", `postgres://app:${drawn(12)}@db.internal/x`, ["an address with a password (postgres)"]],
    ["an address without a user", `redis://:${drawn(12)}@cache:6379`, ["an address with a password (redis)"]],
    ["an address in a document", "http://user:password@proxy.example.com:3128/", []],
    ["an address that is filled in", "https://x:${TOKEN}@h/ https://x:<token>@h/ https://x:%s@h/", []],
    ...["aPassing1Xq", "kT9your7vQ", "fake8Lk3Zr", "kT9*(vQ2x", "q8,Lw'7Rz", "aa%25bb$Cc;d", "x&y=z1!k"].map(
      (password): [string, string, string[]] => [
        `a password of any characters: ${password}`,
        `postgres://app:${password}@db.internal/x`,
        ["an address with a password (postgres)"],
      ],
    ),
    ...[
      "mypassword123",
      "supersecret",
      "$PASSWORD",
      "$(cat file)",
      "%s_of_it",
      "%(password)s",
      "&lt;password&gt;",
      "s*****d",
      "'+password+'",
      "8080),url(x",
      "yourPassword",
      "pserver:anoncvs",
    ].map((password): [string, string, string[]] => [
      `an address that is no more than a form: ${password}`,
      `http://app:${password}@db.internal/x`,
      [],
    ]),
    ["mail", "Somebody: someone@example.test", []],
  ])("%s", (_, content, expected) => {
    expect(whats(content)).toEqual(expected);
  });

  test("key stores tell by what they hold", () => {
    const store = (tag: number): Buffer =>
      Buffer.concat([
        Buffer.from([0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, tag]),
        Buffer.alloc(80),
      ]);
    expect(whats(store(1), "data")).toEqual(["a Java key store with a private key"]);
    expect(whats(store(2), "data")).toEqual([]);
    const certificate = Buffer.from(
      `\0\0\0\u0002\0\u0001a${"\0".repeat(8)}\0\u0005X.509\0\0\0\u0003xyz`,
      "latin1",
    );
    const head = Buffer.from("feedfeed0000000200000002", "hex");
    const key = Buffer.from("0000000100".padEnd(120, "0"), "hex");
    expect(whats(Buffer.concat([head, certificate, key]), "data")).toHaveLength(1);
    expect(whats(Buffer.concat([head, certificate, certificate, key]), "data")).toEqual([]);
  });
});
