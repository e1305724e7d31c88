// Secrets that stand after words of their own: keys in settings, webhooks, credentials of tools. Each is found by its words,
// and verified by what follows them.
import { isHeaderAt, keyTextBytesMax, pemBegin, pemKeyAt, pemRule, puttyKeyAt } from "./private-keys.ts";
import { looksLikeName, looksRandom } from "./randomness.ts";
import type { Verified } from "./rule.ts";
import { base64KeyAt, base64KeyWords, percentKeyAt, wideKeyAt } from "./wrapped-keys.ts";

export interface AnchoredRule {
  /** Literal texts of `anchorBytesMin` or more. */
  readonly anchors: readonly string[];
  /** What stands at the anchor's place in the text; `contextBytes` before it are at hand, and `forwardBytes` after it. */
  readonly verify: (text: string, at: number) => Verified | undefined;
  /** Three times `contextBytes` where absent. */
  readonly forwardBytes?: number;
  /** Tells cheaply, by the bytes near an anchor, what need not be verified. */
  readonly mayBeAt?: (bytes: Buffer, at: number) => boolean;
}

/** Of the text before an anchor and after a secret that are looked at. */
export const contextBytes = 1024;
const keyForwardBytes = keyTextBytesMax + contextBytes;

export const anchorBytesMin = 11;

/** A name and its value as settings, JSON in JSON, XML, YAML's blocks and `ENV NAME value` have them; JSON may escape a slash. */
const awsSetting =
  /[A-Za-z_.\d]{12,20}(?:\\?["']|&quot;|[\s:=>|,(]|\|[-+]|<\/?[\w:]{1,30}>|value=){1,60}((?:[A-Za-z0-9+/]|\\\/){40})(?![A-Za-z0-9+/=])/y;

export const anchoredRules: readonly AnchoredRule[] = [
  { anchors: ["PRIVATE KEY"], verify: pemRule, forwardBytes: keyForwardBytes, mayBeAt: isHeaderAt },
  { anchors: ["PuTTY-User-Key-File-"], verify: puttyKeyAt, forwardBytes: keyForwardBytes },
  ...base64KeyWords.map(
    ({ words, phase }): AnchoredRule => ({
      anchors: [words],
      verify: (text, at) => base64KeyAt(text, at, phase),
      forwardBytes: keyForwardBytes,
    }),
  ),
  { anchors: ["P\0R\0I\0V\0A\0T\0E\0 \0K\0E\0Y"], verify: wideKeyAt, forwardBytes: 2 * keyForwardBytes },
  { anchors: ["PRIVATE%20KEY", "PRIVATE+KEY--"], verify: percentKeyAt, forwardBytes: keyForwardBytes },
  {
    anchors: ["client-key-data"],
    forwardBytes: keyForwardBytes,
    verify: (text, at) => {
      const match = matchAt(/client-key-data["']?\s*:\s*["']?([A-Za-z0-9+/]{100,20000}={0,2})/y, text, at);
      const pem = Buffer.from(match?.[1] ?? "", "base64").toString("latin1");
      return pem.startsWith(pemBegin) && pemKeyAt(pem, 0) !== undefined
        ? { id: "private-key", what: "the client key of a kubeconfig", at }
        : undefined;
    },
  },
  {
    anchors: ["secret_access_key", "SECRET_ACCESS_KEY", "ecretAccessKey", "s3a.secret.key"],
    verify: (text, at) => {
      const match = matchAt(awsSetting, text, at);
      return match !== null && isAwsSecret((match[1] ?? "").replaceAll("\\", ""))
        ? { id: "aws-secret-key", what: "an AWS secret access key", at }
        : undefined;
    },
  },
  {
    anchors: ["AccountKey="],
    verify: (text, at) => {
      const match = matchAt(/AccountKey=([A-Za-z0-9+/]{86}==)/y, text, at);
      if (match === null || !looksRandom(match[1] ?? "")) return undefined;
      // The storage emulator's key is the same everywhere, and documented.
      const around = text.slice(Math.max(0, at - contextBytes), at + contextBytes);
      return /devstoreaccount1/.test(around)
        ? undefined
        : { id: "azure-key", what: "the key of an Azure storage account", at };
    },
  },
  {
    anchors: ["SharedAccessKey="],
    verify: (text, at) => {
      const match = matchAt(/SharedAccessKey=([A-Za-z0-9+/]{43}=)/y, text, at);
      return match !== null && looksRandom(match[1] ?? "")
        ? { id: "azure-key", what: "a shared access key of Azure", at }
        : undefined;
    },
  },
  webhook(
    "Slack",
    "hooks.slack.com/services/",
    /hooks\.slack\.com\/services\/T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/([A-Za-z0-9]{24})/y,
  ),
  webhook(
    "Discord",
    "discord.com/api/webhooks/",
    /discord\.com\/api\/webhooks\/\d{17,20}\/([A-Za-z0-9_-]{60,80})/y,
  ),
  webhook(
    "Discord",
    "discordapp.com/api/webhooks/",
    /discordapp\.com\/api\/webhooks\/\d{17,20}\/([A-Za-z0-9_-]{60,80})/y,
  ),
  {
    anchors: [":_authToken", "_authToken=", "_authToken ="],
    verify: (text, at) => {
      const start = text[at] === ":" ? at + 1 : at;
      const match = matchAt(/_authToken\s{0,20}=\s{0,20}["']?([A-Za-z0-9._~+/=-]{16,2000})/y, text, start);
      return match !== null && looksRandom(match[1] ?? "")
        ? { id: "registry-credentials", what: "a token of an npm registry", at: start }
        : undefined;
    },
  },
  {
    anchors: ["AGE-SECRET-KEY-1"],
    verify: (text, at) => {
      const match = matchAt(
        /AGE-SECRET-KEY-1([QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58})(?![A-Z0-9])/y,
        text,
        at,
      );
      return match !== null && looksRandom(match[1] ?? "")
        ? { id: "private-key", what: "an age private key", at }
        : undefined;
    },
  },
];

function webhook(service: string, anchor: string, form: RegExp): AnchoredRule {
  return {
    anchors: [anchor],
    verify: (text, at) => {
      const match = matchAt(form, text, at);
      return match !== null && looksRandom(match[1] ?? "")
        ? { id: "webhook", what: `a webhook of ${service}`, at }
        : undefined;
    },
  };
}

const awsKey = /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])/y;
const awsSecret = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/g;

/** An access key's id names an account and opens nothing; with a secret near it, it does. */
export function awsKeyAt(text: string, at: number): Verified | undefined {
  if (matchAt(awsKey, text, at) === null) return undefined;
  const around = text.slice(Math.max(0, at - contextBytes / 2), at + contextBytes / 2);
  const hasSecret = (around.match(awsSecret) ?? []).some(isAwsSecret);
  return hasSecret ? { id: "aws-access-key", what: "an AWS access key with its secret", at } : undefined;
}

/** Forty characters of base64 that are neither a SHA-1 digest nor a path or name. */
function isAwsSecret(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && looksRandom(text) && !looksLikeName(text);
}

function matchAt(form: RegExp, text: string, at: number): RegExpExecArray | null {
  if (at < 0) return null;
  form.lastIndex = at;
  return form.exec(text);
}
