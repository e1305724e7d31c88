import { createHash, X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { file } from "../../testing/trees.ts";
import { bytesOf, collect } from "../base/bytes.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { javaKeystore, keystoreOfBundle } from "./java-keystore.ts";

const shipped = "/usr/share/ca-certificates/mozilla";
const certificates = rootCertificates.slice(0, 3);

test("a store with each certificate under its name, and a sum that holds", async () => {
  const tree = treeOf([
    ...certificates.map((text, index) => file(`${shipped}/Root_${index}.crt`, text)),
    file(`${shipped}/broken.crt`, "no certificate"),
  ]);
  const [folder, store] = await javaKeystore(tree, 1000);
  expect(folder).toMatchObject({ kind: "directory", path: "/etc/ssl/certs/java" });
  expect(store).toMatchObject({ path: "/etc/ssl/certs/java/cacerts", mode: 0o644, mtime: 1000 });
  const bytes = Buffer.from(
    await collect(store?.kind === "file" ? store.content : bytesOf(Buffer.alloc(0)), 1 << 20, "the store"),
  );
  const body = bytes.subarray(0, -20);
  const password = Buffer.from("changeit", "utf16le").swap16();
  const sum = createHash("sha1").update(password).update("Mighty Aphrodite").update(body).digest();
  expect(bytes.subarray(-20).equals(sum)).toBe(true);
  expect(readStore(body)).toEqual(
    certificates.map((text, index) => ({
      alias: `debian:root_${index}.pem`,
      dateMs: 1_000_000,
      fingerprint: new X509Certificate(text).fingerprint256,
    })),
  );
});

test("a store of a bundle, whatever stands between the certificates", () => {
  const store = keystoreOfBundle(`# roots\n${certificates.join("\n\n")}\n-----BEGIN CERTIFICATE-----\n`, 1);
  expect(readStore(Buffer.from(store).subarray(0, -20))).toEqual(
    certificates.map((text, index) => ({
      alias: `bundle:${index}`,
      dateMs: 1000,
      fingerprint: new X509Certificate(text).fingerprint256,
    })),
  );
});

test("nothing without certificates", async () => {
  expect(await javaKeystore(treeOf([]), 0)).toEqual([]);
});

/** What a reader of the format finds. */
function readStore(bytes: Buffer): unknown[] {
  let at = 0;
  const number = (size: number): number => {
    at += size;
    return size === 8 ? Number(bytes.readBigInt64BE(at - 8)) : bytes.readUIntBE(at - size, size);
  };
  const text = (): string => {
    const length = number(2);
    at += length;
    return bytes.toString("utf8", at - length, at);
  };
  expect([number(4), number(4)]).toEqual([0xfeedfeed, 2]);
  const found = Array.from({ length: number(4) }, () => {
    expect(number(4)).toBe(2);
    const alias = text();
    const dateMs = number(8);
    expect(text()).toBe("X.509");
    const length = number(4);
    at += length;
    const { fingerprint256: fingerprint } = new X509Certificate(bytes.subarray(at - length, at));
    return { alias, dateMs, fingerprint };
  });
  expect(at).toBe(bytes.length);
  return found;
}
