// The shapes of what knows secrets.

/** A secret that was verified in a text or in bytes; `at` from the beginning of what was looked at. */
export interface Verified {
  readonly id: SecretId;
  /** "a PEM private key (RSA)"; never the secret. */
  readonly what: string;
  readonly at: number;
}

export type SecretId =
  | "private-key"
  | "encrypted-private-key"
  | "key-store"
  | "google-service-account"
  | "aws-access-key"
  | "aws-secret-key"
  | "azure-key"
  | "token"
  | "google-api-key"
  | "json-web-token"
  | "webhook"
  | "registry-credentials"
  | "login"
  | "password-hash"
  | "url-password";

export interface SecretKind {
  readonly title: string;
  /** `low`: a passphrase or slow guessing still stands between the file and its use, or many of the kind are public by design. */
  readonly weight: "full" | "low";
  /** Bytes from `at` on that can be shown without showing the secret. */
  readonly shownBytes: number;
}

/** Every kind of secret; docs/reference/rules.md and the findings read it. */
export const secretKinds: Readonly<Record<SecretId, SecretKind>> = {
  "private-key": { title: "a private key", weight: "full", shownBytes: 27 },
  "encrypted-private-key": { title: "a private key under a passphrase", weight: "low", shownBytes: 27 },
  "key-store": { title: "a key store with a private key", weight: "low", shownBytes: 4 },
  "google-service-account": { title: "a service account's key", weight: "full", shownBytes: 27 },
  "aws-access-key": { title: "an AWS access key with its secret", weight: "full", shownBytes: 4 },
  "aws-secret-key": { title: "an AWS secret access key", weight: "full", shownBytes: 12 },
  "azure-key": { title: "a key of an Azure account", weight: "full", shownBytes: 10 },
  token: { title: "a token of a service", weight: "full", shownBytes: 3 },
  "google-api-key": { title: "a Google API key", weight: "low", shownBytes: 4 },
  "json-web-token": { title: "a signed token without an end", weight: "full", shownBytes: 3 },
  webhook: { title: "an address that anybody can post to", weight: "full", shownBytes: 15 },
  "registry-credentials": { title: "credentials of a registry", weight: "full", shownBytes: 6 },
  login: { title: "a login with its password", weight: "full", shownBytes: 7 },
  "password-hash": { title: "a password's hash", weight: "low", shownBytes: 3 },
  "url-password": { title: "an address with a password", weight: "full", shownBytes: 6 },
};
