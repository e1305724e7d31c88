// Trust roots that steps have beside those of their root (`--step-ca`): a company's proxy, a test's registry. They lie over the
// root's own bundles and in the sandbox's /dev, so that they are in no layer.
//
// Programs differ in where they look: OpenSSL, GnuTLS, Go and curl read one of the bundles of `bundlePaths`; a root without one
// has SSL_CERT_FILE for them. Node.js and Python's requests bring a bundle of their own, and are told of ours by variables. Java
// reads a store of its own format.
import { collect } from "../../../../base/bytes.ts";
import { limits } from "../../../../base/limits.ts";
import { keystoreOfBundle } from "../../../../debian/java-keystore.ts";
import { treePath } from "../../../../tree/path.ts";
import { resolve } from "../../../../tree/resolve.ts";
import type { Tree } from "../../../../tree/tree.ts";
import type { StepMount } from "../../runner/step.ts";

/** Where distributions keep the bundle of all roots. */
const bundlePaths = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
  "/var/lib/ca-certificates/ca-bundle.pem",
];

/** Where Debian's Java has its store: the file behind its own lib/security/cacerts. */
const javaStorePath = "/etc/ssl/certs/java/cacerts";

const bundleFile = "/dev/step-certificates.pem";
const extraFile = "/dev/step-extra-certificates.pem";

export interface StepCertificates {
  readonly mounts: readonly StepMount[];
  /** For a step that doesn't set them itself. */
  readonly variables: ReadonlyMap<string, string>;
}

/** @throws ToolError "limit" for a bundle that is too large; whatever reading the tree throws */
export async function stepCertificates(extra: Uint8Array, root: Tree): Promise<StepCertificates> {
  const mounts: StepMount[] = [];
  const over = new Set<string>();
  let whole: Uint8Array = extra;
  for (const path of bundlePaths) {
    const place = treePath(path);
    const found = place === undefined ? undefined : resolve(root, place);
    if (found?.entry.kind !== "file" || over.has(found.path)) continue;
    const bytesMax = limits.stepCertificatesBytesMax;
    whole = joined(await collect(found.entry.content, bytesMax, `${path} of a stage`), extra);
    over.add(found.path);
    mounts.push(fileMount(found.path, whole));
  }
  mounts.push(...javaStore(whole, root));
  const variables = new Map([
    ["NODE_EXTRA_CA_CERTS", extraFile],
    ["REQUESTS_CA_BUNDLE", bundleFile],
    ["PIP_CERT", bundleFile],
  ]);
  if (over.size === 0) variables.set("SSL_CERT_FILE", bundleFile);
  return { mounts: [...mounts, fileMount(bundleFile, whole), fileMount(extraFile, extra)], variables };
}

/** All that the step trusts as Java reads it, over the store that the root has; nothing where it has none. */
function javaStore(bundle: Uint8Array, root: Tree): readonly StepMount[] {
  const place = treePath(javaStorePath);
  const found = place === undefined ? undefined : resolve(root, place);
  if (found?.entry.kind !== "file") return [];
  const text = Buffer.from(bundle).toString("latin1");
  return [fileMount(found.path, keystoreOfBundle(text, found.entry.mtime))];
}

function fileMount(target: string, content: Uint8Array): StepMount {
  return { kind: "secret", target, content, mode: 0o444, uid: 0, gid: 0 };
}

/** PEM after PEM, on lines of their own. */
function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  return Buffer.concat([first, Buffer.from("\n"), second]);
}
