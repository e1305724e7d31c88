// OpenPGP keys that a repository is trusted by: files as gpg exports them (binary or ASCII-armoured; RFC 9580), or a block
// of armoured text as deb822 sources hold it. openpgp is heavy, so it is loaded only where a signature is checked.
import type { Key } from "openpgp";
import type { Digest } from "../base/digest.ts";
import { digestOf } from "../base/digest.ts";
import { messageOf, ToolError } from "../base/errors.ts";

export interface KeyringPart {
  /** Where it came from, for errors. */
  readonly name: string;
  readonly content: Uint8Array;
}

export interface Keyring {
  readonly keys: readonly Key[];
  /** Names what the keys are, for cached verdicts. */
  readonly digest: Digest;
}

/**
 * All keys of the parts.
 * @throws ToolError "signature" where a part holds no readable key
 */
export async function readKeyring(parts: readonly KeyringPart[]): Promise<Keyring> {
  const { readKeys } = await import("openpgp");
  const keys: Key[] = [];
  for (const part of parts) {
    try {
      const armored = Buffer.from(part.content.subarray(0, 4096)).includes("-----BEGIN PGP");
      keys.push(
        ...(await (armored
          ? readKeys({ armoredKeys: Buffer.from(part.content).toString("latin1") })
          : readKeys({ binaryKeys: part.content }))),
      );
    } catch (thrown) {
      throw new ToolError("signature", {
        what: `reading the keyring ${part.name}`,
        why: messageOf(thrown),
        hint: "export the keys with `gpg --export`",
        cause: thrown,
      });
    }
  }
  return { keys, digest: keyringDigest(parts) };
}

/** The digest of a keyring that is not parsed yet. */
export function keyringDigest(parts: readonly KeyringPart[]): Digest {
  return digestOf(parts.map((part) => digestOf(part.content)).join("\n"));
}
