// The store of trusted certificates that is made for Java, as Java's own tool reads it.

import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { bytesOf, collect } from "../../src/base/bytes.ts";
import { javaKeystore } from "../../src/debian/java-keystore.ts";
import { treeOf } from "../../src/tree/memory-tree.ts";
import { because } from "../../testing/examples.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";
import { file } from "../../testing/trees.ts";

const missing = missingProgram("keytool");

test.skipIf(missing !== undefined)(`keytool lists every certificate${because(missing)}`, async () => {
  const tree = treeOf(
    rootCertificates.map((text, index) => file(`/usr/share/ca-certificates/mozilla/Root_${index}.crt`, text)),
  );
  const store = (await javaKeystore(tree, 1000)).find((entry) => entry.kind === "file");
  const bytes = await collect(store?.content ?? bytesOf(Buffer.alloc(0)), 1 << 24, "the store");
  const folder = await mkdtemp(join(tmpdir(), "distill-keystore-"));
  try {
    await writeFile(join(folder, "cacerts"), bytes);
    const listed = await runWell([
      ...["keytool", "-list", "-keystore", join(folder, "cacerts"), "-storepass", "changeit"],
    ]);
    const prints = [...listed.matchAll(/\(SHA-256\): ([0-9A-F:]+)/g)].map((match) => match[1]);
    expect(prints.sort()).toEqual(
      rootCertificates.map((text) => new X509Certificate(text).fingerprint256).sort(),
    );
    expect(listed).toContain("debian:root_0.pem, ");
  } finally {
    await rm(folder, { recursive: true });
  }
});
