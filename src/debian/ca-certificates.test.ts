import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { describe, expect, test } from "vitest";
import { file, symlink } from "../../testing/trees.ts";
import { collect } from "../base/bytes.ts";
import type { Entry } from "../tree/entry.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { caCertificates } from "./ca-certificates.ts";
import { subjectHash } from "./subject-hash.ts";

/** The text of a certificate that Node.js carries. */
function certificate(commonName: string): string {
  const found = rootCertificates.find((one) =>
    new X509Certificate(one).subject.split("\n").includes(`CN=${commonName}`),
  );
  if (found === undefined) throw new Error(`Node.js has no certificate of ${commonName}`);
  return found;
}

const isrg = certificate("ISRG Root X1");
const digicert = certificate("DigiCert Global Root G2");
const shipped = "/usr/share/ca-certificates/mozilla";

async function made(entries: readonly Entry[]): Promise<{ names: string[]; bundle: string }> {
  const result = await caCertificates(treeOf(entries), 0);
  const bundle = result.find((entry) => entry.kind === "file");
  const bytes = bundle !== undefined ? await collect(bundle.content, 1 << 23, "the bundle") : Buffer.alloc(0);
  const names = result.map((entry) => {
    const name = entry.path.slice("/etc/ssl/certs/".length);
    return entry.kind === "symlink" ? `${name} -> ${entry.target}` : name;
  });
  return { names, bundle: Buffer.from(bytes).toString("latin1") };
}

describe("caCertificates", () => {
  test("makes the bundle, a link for each certificate, and links by hash", async () => {
    const entries = [
      file(`${shipped}/ISRG_Root_X1.crt`, isrg),
      file(`${shipped}/A B,(C).crt`, `${digicert}\n`),
    ];
    expect(await made(entries)).toEqual({
      names: [
        "ca-certificates.crt",
        `A_B_=C=.pem -> ${shipped}/A B,(C).crt`,
        `ISRG_Root_X1.pem -> ${shipped}/ISRG_Root_X1.crt`,
        "607986c7.0 -> A_B_=C=.pem",
        "4042bcee.0 -> ISRG_Root_X1.pem",
      ],
      bundle: `${digicert}\n${isrg}\n`,
    });
  });

  test("follows ca-certificates.conf: its order, what it deselects, what it names and isn't there", async () => {
    const conf = "# comment\nmozilla/z.crt\n!mozilla/b.crt\nmozilla/absent.crt\nmozilla/a.crt\n";
    const { names, bundle } = await made([
      file("/etc/ca-certificates.conf", conf),
      file(`${shipped}/a.crt`, `${isrg}\n`),
      file(`${shipped}/b.crt`, "b"),
      file(`${shipped}/z.crt`, `${digicert}\n`),
      file("/usr/local/share/ca-certificates/own.crt", "own"),
    ]);
    expect(bundle).toBe(`${digicert}\n${isrg}\nown\n`);
    expect(names).toContain("own.pem -> /usr/local/share/ca-certificates/own.crt");
    expect(names.some((name) => name.startsWith("b.pem"))).toBe(false);
  });

  test("one certificate under two names is hashed once; what is none has no hash", async () => {
    const { names } = await made([
      file(`${shipped}/a.crt`, isrg),
      file(`${shipped}/b.crt`, isrg),
      file(`${shipped}/c.crt`, "nonsense"),
    ]);
    expect(names.slice(1).map((name) => name.split(" ")[0])).toEqual([
      "a.pem",
      "b.pem",
      "c.pem",
      "4042bcee.0",
    ]);
  });

  test("takes a configuration and certificates beyond the size of a spec file", async () => {
    const comment = `#${"-".repeat(2 * 2 ** 20)}\n`;
    const { names } = await made([
      file("/etc/ca-certificates.conf", `${comment}mozilla/a.crt\n`),
      file(`${shipped}/a.crt`, `${comment}${isrg}`),
    ]);
    expect(names).toContain(`a.pem -> ${shipped}/a.crt`);
  });

  test("nothing where there are no certificates", async () => {
    expect(await caCertificates(treeOf([symlink(`${shipped}/x.crt`, "/nowhere")]), 0)).toEqual([]);
  });
});

test.each([
  { summary: "nothing", bytes: Buffer.alloc(0) },
  { summary: "text", bytes: Buffer.from("hello") },
  { summary: "a length beyond the end", bytes: Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]) },
  { summary: "an empty sequence", bytes: Buffer.from([0x30, 0x00]) },
])("$summary has no subject hash", ({ bytes }) => {
  expect(subjectHash(bytes)).toBeUndefined();
});
