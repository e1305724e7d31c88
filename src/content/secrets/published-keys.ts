// Keys that are private by their form only: libraries carry them for their self tests, the same in every copy. Told by the
// first half of the SHA-256 digest of what they decode to.
import { createHash } from "node:crypto";

const published: ReadonlySet<string> = new Set([
  // GnuTLS, lib/crypto-selftests-pk.c
  "87e288dc7dbc29a24241b596ec8c84f9",
  "d245e52c341a76645e1b0e56c58dc964",
  "0294b4406902e33bb02f89eaf4c69132",
  "60c323abe4854b03743005874156ef6e",
  "995b8d5b08ac126a74f39d812fc8cce2",
  "09416ba3e0782523c56225fb168cd58c",
  "7e38af7715bbb425a6aa8060b7c0af60",
  "458022ddcb5598b39253bc027eb02c4f",
  "09f1c1a4680df80b9e8e6e587d3a787d",
  "2859ff03b44c8f0e4f96604b8cced325",
]);

/** Whether the key is one that everybody has, and that opens nothing. */
export function isPublished(key: Uint8Array): boolean {
  return published.has(createHash("sha256").update(key).digest("hex").slice(0, 32));
}
