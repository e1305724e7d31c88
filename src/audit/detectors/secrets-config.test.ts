import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { subjectOf } from "../../../testing/subjects.ts";
import type { HistoryEntry, ImageConfig, RunConfig } from "../../oci/model.ts";
import { configSecretFindings } from "./secrets-config.ts";

const value = randomBytes(12).toString("hex");

function found(config: RunConfig, history: readonly string[] = []): string[] {
  const entries = history.map((created_by): HistoryEntry => ({ created_by }));
  return configSecretFindings(subjectOf({ layers: [[]], config, history: entries })).map((one) => one.what);
}

describe("variables", () => {
  test.each([
    `DB_PASSWORD=${value}`,
    `dbPassword=${value}`,
    `SECRET_KEY_BASE=${value}`,
    `AWS_SECRET_ACCESS_KEY=${value}`,
    `NPM_TOKEN=${value}`,
    "MYSQL_PWD=hunter22",
    "app.api-key=hunter22",
  ])("%s", (variable) => {
    expect(found({ Env: [variable] })).toEqual([
      `the environment gives ${variable.split("=", 1)[0] ?? ""} a value`,
    ]);
  });

  test.each([
    "PATH=/usr/bin",
    "DB_PASSWORD=",
    "DB_PASSWORD=changeme",
    "DB_PASSWORD=$OTHER",
    "DB_PASSWORD=<set me>",
    "DB_PASSWORD_FILE=/run/secrets/db",
    "DB_PASSWORD=/run/secrets/db",
    "TOKEN_TTL=36000000",
    "TOKENIZERS_PARALLELISM=false",
    "PWD=/srv/application",
    "MAX_TOKEN=1048576",
    "MYSQL_ALLOW_EMPTY_PASSWORD=always",
    "GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305",
    "PUBLIC_KEY=0123456789",
    "COMPASS=north-north-west",
  ])("not %s", (variable) => {
    expect(found({ Env: [variable] })).toEqual([]);
  });

  test("an address with a password, whatever the name", () => {
    const address = `postgres://app:${value}@db/prod`;
    expect(found({ Env: [`DATABASE=${address}`] })).toEqual([
      "the environment holds an address with a password (postgres)",
    ]);
  });
});

test.each<[string, RunConfig, string[]]>([
  ["a label", { Labels: { "com.example.token": value } }, ["a label gives com.example.token a value"]],
  ["an option", { Cmd: ["serve", `--password=${value}`] }, ["the config's Cmd gives password a value"]],
  [
    "an option and its value",
    { Entrypoint: ["/p", "--api-key", value] },
    ["the config's Entrypoint gives api-key a value"],
  ],
  ["an option without one", { Entrypoint: ["/p", "--token", "--verbose"] }, []],
  [
    "a health check",
    { Healthcheck: { Test: ["CMD-SHELL", `TOKEN=${value} check`] } },
    ["the config's Healthcheck.Test gives TOKEN a value"],
  ],
])("%s", (_, config, expected) => {
  expect(found(config)).toEqual(expected);
});

describe("anywhere else in the config", () => {
  const told = (members: object): string[] => {
    const subject = subjectOf({ layers: [[]] });
    const config = { ...subject.config, ...members } as ImageConfig;
    return configSecretFindings({ ...subject, config }).map((one) => one.what);
  };
  const address = `postgres://app:${value}@db/prod`;

  test.each<[string, object, string[]]>([
    ["an author", { author: address }, ["the config's author holds an address with a password (postgres)"]],
    [
      "a trigger",
      { config: { OnBuild: [`ENV NPM_TOKEN=${value}`, `RUN X_SECRET=${value} make`] } },
      [
        "the config's config.OnBuild gives NPM_TOKEN a value",
        "the config's config.OnBuild gives X_SECRET a value",
      ],
    ],
    [
      "the committed container's variables, with blanks in one",
      { container_config: { Env: [`DB_PASSWORD=two words ${value}`] } },
      ["the config's container_config.Env gives DB_PASSWORD a value"],
    ],
    [
      "its command",
      { container_config: { Cmd: ["serve", "--token", value] } },
      ["the config's container_config.Cmd gives token a value"],
    ],
    [
      "a member that nobody knows",
      { x: [{ y: { apiKey: value } }] },
      ["the config's x.y.apiKey gives apiKey a value"],
    ],
    [
      "the name of a volume",
      { config: { Volumes: { [address]: {} } } },
      ["the config's config.Volumes holds an address with a password (postgres)"],
    ],
    [
      "an author of a layer",
      { history: [{ author: address }] },
      ["the config's history[0].author holds an address with a password (postgres)"],
    ],
    [
      "a value in the command of an option in the entrypoint",
      { config: { Entrypoint: ["/p", "--password"], Cmd: [value] } },
      ["the config's Cmd gives password a value"],
    ],
    [
      "past the beginning of a long text",
      { history: [{ created_by: `${"x ".repeat(500_000)} ENV DB_PASSWORD=${value}` }] },
      ["history entry 1 gives DB_PASSWORD a value"],
    ],
    [
      "the same again",
      { config: { Env: [`A_TOKEN=${value}`] }, container_config: { Env: [`A_TOKEN=${value}`] } },
      ["the environment gives A_TOKEN a value"],
    ],
    ["nothing", { "os.features": ["a"], docker_version: "20", container: "0123", id: "f".repeat(64) }, []],
  ])("%s", (_, members, expected) => {
    expect(told(members)).toEqual(expected);
  });
});

describe("history", () => {
  test.each([
    `/bin/sh -c #(nop)  ENV DB_PASSWORD=${value}`,
    `ENV DB_PASSWORD=${value}`,
    `ENV DB_PASSWORD ${value}`,
    `ARG DB_PASSWORD=${value}`,
    `|2 DB_PASSWORD=${value} VERSION=3 /bin/sh -c make`,
    `RUN /bin/sh -c export DB_PASSWORD="${value}" && make # buildkit`,
  ])("%s", (line) => {
    expect(found({}, [line])).toEqual(["history entry 1 gives DB_PASSWORD a value"]);
  });

  test.each([
    "RUN /bin/sh -c make # buildkit",
    "ARG DB_PASSWORD",
    `RUN |1 VERSION=3 /bin/sh -c echo "$DB_PASSWORD" | tee /x`,
    "RUN /bin/sh -c DB_PASSWORD=$(cat /run/secrets/x) make",
    "RUN /bin/sh -c useradd --password '*' app",
  ])("not %s", (line) => {
    expect(found({}, [line])).toEqual([]);
  });

  test("what the environment says needn't be said again", () => {
    expect(found({ Env: [`DB_PASSWORD=${value}`] }, [`ENV DB_PASSWORD=${value}`])).toHaveLength(1);
  });
});

test("no finding holds the value", () => {
  const subject = subjectOf({
    layers: [[]],
    config: { Env: [`A_TOKEN=${value}`, `X=https://u1:${value}@h/`], Cmd: ["--secret", value] },
    history: [{ created_by: `ARG B_TOKEN=${value}` }],
  });
  const findings = configSecretFindings(subject);
  expect(findings.length).toBeGreaterThan(3);
  expect(JSON.stringify(findings)).not.toContain(value);
});
