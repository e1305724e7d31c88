// Every rule against secrets as services draw them: at random, in the service's own alphabet and length, checksums right. Each
// of thousands has to be found: a rule that takes some for an example misses them in images too.
import { createCipheriv, createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { inMemory } from "../../formats/random-access.ts";
import { isPlaceholder, looksRandom } from "./randomness.ts";
import { secretsIn } from "./secrets.ts";
import { checksumOf } from "./tokens.ts";

/** Text of a length from an alphabet. */
type Draw = (length: number, alphabet?: string) => string;

const digits = "0123456789";
const hex = `${digits}abcdef`;
const lower = "abcdefghijklmnopqrstuvwxyz";
const upper = lower.toUpperCase();
const base62 = `${digits}${upper}${lower}`;
const base64 = `${base62}+/`;
const base64url = `${base62}_-`;
const seeds = ["first", "second", "third"];
const drawsPerSeed = 1000;

/** The key stream of a cipher: as random as what services draw, and the same in every run. */
function drawing(seed: string): Draw {
  const key = createHash("sha256").update(seed).digest();
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  let bytes = Buffer.alloc(0);
  let at = 0;
  const below = (limit: number): number => {
    for (;;) {
      if (at === bytes.length) {
        bytes = cipher.update(Buffer.alloc(65_536));
        at = 0;
      }
      const byte = bytes[at++] ?? 0;
      // What is over the largest multiple would make the first characters likelier.
      if (byte < 256 - (256 % limit)) return byte % limit;
    }
  };
  return (length, alphabet = base62) => {
    let text = "";
    for (let index = 0; index < length; index++) text += alphabet[below(alphabet.length)] ?? "";
    return text;
  };
}

const summed = (draw: Draw): string => {
  const random = draw(30);
  return `${random}${checksumOf(random)}`;
};
const encoded = (text: string): string => Buffer.from(text, "latin1").toString("base64url");
const pypi = (draw: Draw): string =>
  encoded(`\u0002\u0001\u0008pypi.org\u0002${draw(90, "\u0000\u007f\u0080\u00ff".concat(base64))}`);
const jwt = (draw: Draw): string =>
  `${encoded('{"alg":"RS256"}')}.${encoded(JSON.stringify({ iss: draw(12), jti: draw(36, hex) }))}.${draw(342, base64url)}`;
const live = "live";
const slack = (draw: Draw): string => `${draw(12, digits)}-${draw(13, digits)}-${draw(24)}`;

const rules: [what: string, draw: (draw: Draw) => string][] = [
  ...["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map((prefix): [string, (draw: Draw) => string] => [
    "a GitHub token",
    (draw) => `${prefix}${summed(draw)}`,
  ]),
  ["a GitHub token", (draw) => `github_pat_${draw(22)}_${draw(59)}`],
  ["an npm token", (draw) => `npm_${summed(draw)}`],
  ["a GitLab token", (draw) => `glpat-${draw(20, base64url)}`],
  ["a GitLab token", (draw) => `glpat-${draw(27, base64url)}.${draw(2, hex)}.${draw(9, hex)}`],
  ["a PyPI token", (draw) => `pypi-${pypi(draw)}`],
  ["a Slack token", (draw) => `xoxb-${slack(draw)}`],
  ["a Slack token", (draw) => `xoxp-${draw(12, digits)}-${draw(12, digits)}-${draw(32, hex)}`],
  ["a Slack app token", (draw) => `xapp-1-A${draw(10, digits + upper)}-${draw(13, digits)}-${draw(64, hex)}`],
  ["a Stripe key", (draw) => `sk_${live}_${draw(24)}`],
  ["a Stripe key", (draw) => `rk_${live}_${draw(99)}`],
  ["an Anthropic key", (draw) => `sk-ant-api03-${draw(93, base64url)}AA`],
  ["an OpenAI key", (draw) => `sk-${draw(20)}T3BlbkFJ${draw(20)}`],
  ["an OpenAI key", (draw) => `sk-proj-${draw(74, base64url)}T3BlbkFJ${draw(74, base64url)}`],
  ["a Hugging Face token", (draw) => `hf_${draw(34)}`],
  ["a Google API key", (draw) => `AIza${draw(35, base64url)}`],
  ["a Google client secret", (draw) => `GOCSPX-${draw(28, base64url)}`],
  ["a DigitalOcean token", (draw) => `dop_v1_${draw(64, hex)}`],
  ["a Docker Hub token", (draw) => `dckr_pat_${draw(27, base64url)}`],
  ["a Docker Hub token", (draw) => `dckr_oat_${draw(32, base64url)}`],
  ["a SendGrid key", (draw) => `SG.${draw(22, base64url)}.${draw(43, base64url)}`],
  ["a Vault token", (draw) => `hvs.${draw(95, base64url)}`],
  ["a Vault token", (draw) => `hvb.${draw(180, base64url)}`],
  ["a Terraform token", (draw) => `${draw(14)}.atlasv1.${draw(67)}`],
  ["a Databricks token", (draw) => `dapi${draw(32, hex)}`],
  ["a Shopify token", (draw) => `shpat_${draw(32, hex)}`],
  ["a RubyGems key", (draw) => `rubygems_${draw(48, hex)}`],
  ["a Grafana token", (draw) => `glsa_${draw(32)}_${draw(8, hex)}`],
  ["a New Relic key", (draw) => `NRAK-${draw(27, digits + upper)}`],
  ["a Pulumi token", (draw) => `pul-${draw(40, hex)}`],
  ["a PlanetScale token", (draw) => `pscale_tkn_${draw(43, base64url)}`],
  ["a Tailscale key", (draw) => `tskey-auth-k${draw(11)}CNTRL-${draw(32)}`],
  ["a Twilio key", (draw) => `twilio: SK${draw(32, hex)}`],
  ["a Mailchimp transactional key", (draw) => `md-${draw(22, `${base62}_`)}`],
  ["a signed JSON web token that does not expire", jwt],
  ["an AWS access key with its secret", (draw) => `AKIA${draw(16, `${upper}234567`)}:${draw(40, base64)}`],
  ["an AWS secret access key", (draw) => `AWS_SECRET_ACCESS_KEY=${draw(40, base64)}`],
  ["the key of an Azure storage account", (draw) => `AccountKey=${draw(86, base64)}==`],
  ["a shared access key of Azure", (draw) => `SharedAccessKey=${draw(43, base64)}=`],
  [
    "a webhook of Slack",
    (draw) =>
      `hooks.slack.com/services/T${draw(10, digits + upper)}/B${draw(10, digits + upper)}/${draw(24)}`,
  ],
  ["a webhook of Discord", (draw) => `discord.com/api/webhooks/${draw(19, digits)}/${draw(68, base64url)}`],
  ["a token of an npm registry", (draw) => `//npm.internal/:_authToken = ${draw(32, hex)}`],
  [
    "an age private key",
    (draw) => `${["AGE", "SECRET", "KEY", "1"].join("-")}${draw(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")}`,
  ],
  ["an address with a password (postgres)", (draw) => `postgres://app:${draw(16)}@db.internal/x`],
];

describe.each(seeds)("drawn at random, %s seed", (seed) => {
  test.each(rules)("each is found: %s", (what, drawOne) => {
    const draw = drawing(`${seed} ${what}`);
    const missed: string[] = [];
    for (let round = 0; round < drawsPerSeed; round++) {
      const text = drawOne(draw);
      const found = secretsIn(inMemory(Buffer.from(`\n${text}\n`, "latin1")), "text");
      if (!found.some((one) => one.what === what)) missed.push(text);
    }
    expect(missed).toEqual([]);
  });

  test.each<[string, number, string]>([
    ["16 of hexadecimal", 16, hex],
    ["40 of hexadecimal", 40, hex],
    ["16 of base 32", 16, `${upper}234567`],
    ["24 of base 62", 24, base62],
    ["200 of base 64", 200, base64url],
  ])("nothing random is an example or a placeholder: %s", (_, length, alphabet) => {
    const draw = drawing(`${seed} ${length} ${alphabet}`);
    const texts = Array.from({ length: 2 * drawsPerSeed }, () => draw(length, alphabet));
    expect(texts.filter((text) => !looksRandom(text) || isPlaceholder(text))).toEqual([]);
  });
});

test.each<[string]>([
  ["xxxxxxxxxxxxxxxxxxxx"],
  ["00000000-0000-0000-0000-000000000000"],
  ["abcdefghijklmnopqrstuvwxyz0123456789"],
  ["0123456789abcdef0123456789abcdef"],
  ["deadbeefdeadbeefdeadbeef"],
  ["a1b2c3d4e5f6g7h8i9j0k1l2"],
  ["aBcDeFgHiJkLmNoPqRsTuVwXyZ"],
  ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
  ["your-personal-access-token"],
  ["some_token_1_of_the_project"],
  ["ExampleTokenOfADocument1"],
])("no secret of a machine: %s", (text) => {
  expect(looksRandom(text)).toBe(false);
});

test.each<[string, boolean]>([
  ["$TOKEN", true],
  ["<token>", true],
  ["your-password", true],
  ["changeme", true],
  ["CHANGE_ME_123", true],
  ["your_github_token_here", true],
  ["example", true],
  ["xxxxxxxx", true],
  ["password", true],
  ["dummy-secret-key", true],
  ["hunter2-yourself-kT9", false],
  ["fakeKx83jfkd8", false],
  ["mysecretpassword", false],
])("a placeholder as a whole: %s", (text, expected) => {
  expect(isPlaceholder(text)).toBe(expected);
});
