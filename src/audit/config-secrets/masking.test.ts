import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ImageConfig, RunConfig } from "../../oci/model.ts";
import { mask, maskerOf } from "./masking.ts";
import { isNamedSecret } from "./names.ts";

const value = randomBytes(12).toString("hex");
const plain = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } } as const;
const configOf = (config: RunConfig, others: object = {}): ImageConfig => ({
  ...plain,
  ...others,
  config,
});
const token = ["glpat", "Ab1dE2fG3hI4jK5lM6n7"].join("-");

describe("at its own place", () => {
  const { text, value: member, words } = maskerOf(undefined);

  test.each([
    [`ENV DB_PASSWORD=${value} A=b`, `ENV DB_PASSWORD=${mask} A=b`],
    [`RUN X_TOKEN="${value} c" make`, `RUN X_TOKEN="${mask}" make`],
    ["ENV DB_PASSWORD swordfish", `ENV DB_PASSWORD ${mask}`],
    [`p --api-key ${value} --other`, `p --api-key ${mask} --other`],
    [`curl -H 'x: ${token}' h`, `curl -H 'x: ${mask}' h`],
    [`é postgres://app:${value}@db/prod`, `é ${mask}`],
    ["A_TOKEN=swordfish B_TOKEN='sword fish'", `A_TOKEN=${mask} B_TOKEN='${mask}'`],
    // A text that is cut off inside the secret.
    [`X_TOKEN="${value}`, `X_TOKEN="${mask}`],
    ["make all A=b --token-file /x DB_PASSWORD=$OTHER", "make all A=b --token-file /x DB_PASSWORD=$OTHER"],
  ])("%s", (given, shown) => {
    expect(text(given)).toBe(shown);
  });

  test("words of a list", () => {
    expect(words(["/p", "--password=a b c", "--token", "swordfish", undefined, "--secret", "-v"])).toEqual([
      "/p",
      `--password=${mask}`,
      "--token",
      mask,
      undefined,
      "--secret",
      "-v",
    ]);
  });

  test("a member by its name", () => {
    expect([member("com.example.token", "swordfish"), member("x", "swordfish")]).toEqual([mask, "swordfish"]);
  });
});

describe("elsewhere", () => {
  test.each<[string, ImageConfig, string]>([
    ["of the environment", configOf({ Env: [`DB_PASSWORD=${value}`] }), value],
    [
      "of a member that nobody knows",
      configOf({}, { author: `http://a:${value}@h/` }),
      `http://a:${value}@h/`,
    ],
    ["of a label", configOf({ Labels: { a: `x ${token}` } }), token],
  ])("a secret %s", (_, config, secret) => {
    const { prose, text, words } = maskerOf(config);
    expect([text(`a ${secret} b`), ...words([secret]), prose(`it asks for ${secret}`)]).toEqual([
      `a ${mask} b`,
      mask,
      `it asks for ${mask}`,
    ]);
  });

  test("a word that is also a password stays a word", () => {
    const { text, words } = maskerOf(configOf({ Env: ["POSTGRES_PASSWORD=postgres"] }));
    expect([text("exec postgres"), ...words(["postgres", "--password", "postgres"])]).toEqual([
      "exec postgres",
      "postgres",
      "--password",
      mask,
    ]);
  });

  test("of two that begin alike, the longer one", () => {
    const Env = [`A_TOKEN=${value}`, `B_TOKEN=${value}.tail`];
    expect(maskerOf(configOf({ Env })).text(`${value}.tail`)).toBe(mask);
  });

  test("whatever it is, it is found again", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.string(), (random, around) => {
        const secret = `k9Z${random}q7`;
        fc.pre(isNamedSecret("A_TOKEN", secret));
        const shown = maskerOf(configOf({ Env: [`A_TOKEN=${secret}`] })).text(
          `${around} ${secret} ${around}`,
        );
        // The place of it alone: what is around it can hold the same letters.
        expect(shown.split(secret).length).toBe(1);
      }),
    );
  });
});

test("time goes with the text, whatever it is", () => {
  const texts = [
    "ENV ",
    "--a-token ",
    'A_TOKEN="',
    "A='",
    " \t",
    "x=",
    "ENV A b ",
    "--token\t\t",
    "-----BEGIN ",
  ];
  for (const one of texts) {
    const long = one.repeat(1_000_000 / one.length);
    expect(maskerOf(undefined).text(long).length).toBeLessThanOrEqual(long.length);
  }
});
