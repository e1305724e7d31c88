// No command shows a secret of an image's config, in whatever format; and that it is hidden changes nothing else.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openShelf, type Shelf, sampleUnder, type ToldAudit } from "../../testing/audit-samples.ts";
import { elfOf } from "../../testing/builders.ts";
import { imageOf, layoutFiles, tarLayer } from "../../testing/layouts.ts";
import { makeImageSet } from "../oci/derive.ts";
import type { ImageConfig, RunConfig } from "../oci/model.ts";

const made = (name: string): string => `${name}${randomBytes(9).toString("hex")}`;
/** One for each place; the first characters of each are as secret as all of it. */
const secrets = {
  variable: made("va"),
  option: made("op"),
  word: made("wo"),
  health: made("he"),
  label: made("la"),
  history: made("hi"),
  author: made("au"),
  program: made("pr"),
  user: made("us"),
  quoted: `it's ${made("qu")}`,
  script: made("sc"),
};
const beginnings = Object.values(secrets).map((one) => one.replace(/^it's /, "").slice(0, 10));

let shelf: Shelf;

function secretConfig(): RunConfig {
  return {
    User: `http://a:${secrets.user}@h/`,
    Env: [`APP_TOKEN=${secrets.variable}`, `START_SECRET=${secrets.program}`],
    Entrypoint: ["/start.sh", `--password=${secrets.option}`, "--token"],
    Cmd: [secrets.word, `--passphrase=${secrets.quoted}`],
    Healthcheck: {
      Test: [
        "CMD-SHELL",
        `${"x ".repeat(40)} A_TOKEN=${secrets.health} check; /opt/${secrets.program}; "$APP_TOKEN"`,
      ],
    },
    WorkingDir: `/srv/${secrets.variable}`,
    Volumes: { [`/data/${secrets.variable}`]: {} },
    Labels: { "com.example.api-key": secrets.label, "com.example.url": `http://a:${secrets.label}@h/` },
    ExposedPorts: {},
  };
}

beforeAll(async () => {
  shelf = await openShelf();
  const script = `#!/bin/sh\n/opt/tool --token ${secrets.script} run\nexec sh -c "$START_SECRET $@"\n`;
  const layer = tarLayer([
    { name: "start.sh", mode: 0o755, content: script },
    { name: "bin/sh", mode: 0o755, content: elfOf({ type: "executable", interpreter: `/lib/ld-x.so` }) },
  ]);
  const config: Partial<ImageConfig> = {
    config: secretConfig(),
    history: [
      { created_by: `${"y ".repeat(60)} ENV B_PASSWORD=${secrets.history}`, comment: secrets.history },
    ],
    ...{ author: `http://a:${secrets.author}@h/` },
  };
  await shelf.layout("secrets", await layoutFiles(makeImageSet([imageOf([layer], config)])));
});
afterAll(() => shelf.close());

describe("no secret is shown", () => {
  test.each(["table", "json", "sarif", "junit", "markdown", "html", "badge"])(
    "audit --format %s",
    async (format) => {
      const ran = await shelf.run(["audit", "--quiet", "--verbose", "--format", format, "./secrets"]);
      expect(ran.code).toBe(0);
      expect(ran.stdout).not.toBe("");
      for (const one of beginnings) expect(ran.stdout + ran.stderr).not.toContain(one);
    },
  );

  test.each([
    ["diff", "./sealed", "./secrets"],
    ["diff", "--format", "json", "./secrets", "./sealed"],
    ["explain", "./secrets"],
    ["explain", "./secrets", "/start.sh"],
    ["explain", "./secrets", "/bin/sh"],
  ])("%s %s", async (command, ...argv) => {
    const ran = await shelf.run([command, "--quiet", ...argv]);
    expect(ran.code).toBe(0);
    for (const one of beginnings) expect(ran.stdout + ran.stderr).not.toContain(one);
  });
});

test("they are told, by name", async () => {
  const report = JSON.parse(
    (await shelf.run(["audit", "--quiet", "--format", "json", "./secrets"])).stdout,
  ) as ToldAudit;
  const told = report.findings.filter((one) => one.rule === "secret-in-config").map((one) => one.what);
  expect(told).toEqual(
    expect.arrayContaining([
      "the environment gives APP_TOKEN a value",
      "the config's Cmd gives token a value",
      "the config's author holds an address with a password (http)",
    ]),
  );
});

test("what a masked word starts is what it names", async () => {
  // The program is named by a variable that is called a secret, and is found all the same.
  const program = made("pr");
  const layers = [
    tarLayer([{ name: `opt/${program}`, mode: 0o755, content: elfOf({ type: "executable" }) }]),
  ];
  for (const [name, word] of [
    ["plain", "--run"],
    ["secret", "--token"],
  ] as const) {
    const image = sampleUnder(layers, { Entrypoint: [`/opt/${program}`, word, program] });
    await shelf.layout(name, await layoutFiles(makeImageSet([image])));
  }
  const rules = async (name: string): Promise<string[]> => {
    const ran = await shelf.run(["audit", "--quiet", "--format", "json", `./${name}`]);
    return (JSON.parse(ran.stdout) as ToldAudit).findings.map((one) => `${one.rule} ${one.path ?? "-"}`);
  };
  expect((await rules("secret")).filter((one) => one !== "secret-in-config -")).toEqual(await rules("plain"));
});
