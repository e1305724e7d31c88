import { describe, expect, test } from "vitest";
import { subjectOf } from "../../../testing/subjects.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import type { Facts } from "../../content/facts.ts";
import type { Secret } from "../../content/identity.ts";
import type { RunConfig } from "../../oci/model.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import type { Finding } from "../finding.ts";
import { layerResidue } from "../layer-residue.ts";
import type { InstalledPackage } from "../packages/package.ts";
import type { Subject } from "../subject.ts";
import { residueSecretFindings, secretFindings } from "./secrets.ts";

const key: Secret = { id: "private-key", what: "a PEM private key (RSA)", at: 10, line: 2 };
const lockedKey: Secret = {
  id: "encrypted-private-key",
  what: "a PEM private key (encrypted)",
  at: 0,
  line: 1,
};
const debian: InstalledPackage = {
  type: "deb",
  name: "x",
  version: "1",
  depends: [],
  source: "/var/lib/dpkg/status" as InstalledPackage["source"],
};

/** Files whose content is their secrets' names. */
function subject(
  layers: readonly (readonly LayerEntry[])[],
  secrets: Readonly<Record<string, readonly Secret[]>>,
  packages: Readonly<Record<string, InstalledPackage>> = {},
): Subject {
  const facts = (path: string): Facts => {
    const found = secrets[path];
    return found === undefined ? { magic: "text" } : { magic: "text", secrets: found };
  };
  return { ...subjectOf({ layers, packages }), facts: (entry) => facts(entry.path) };
}

function told(findings: Iterable<Finding>): string[] {
  return [...findings].map(
    (one) => `${one.rule} ${one.severity} ${one.atMost ?? "-"} ${one.path ?? ""}: ${one.what}`,
  );
}

describe("secretFindings", () => {
  test.each<[string, string, readonly Secret[], string[]]>([
    ["none", "/a", [], []],
    ["a key", "/a", [key], ["secret critical distroless /a: a PEM private key (RSA)"]],
    [
      "two of a kind are one finding",
      "/a",
      [key, { ...key, at: 900 }],
      ["secret critical distroless /a: a PEM private key (RSA), 2 times"],
    ],
    ["under a passphrase", "/a", [lockedKey], ["secret high distroless /a: a PEM private key (encrypted)"]],
  ])("%s", (_, path, secrets, expected) => {
    expect(told(secretFindings(subject([[file(path, "x")]], { [path]: secrets })))).toEqual(expected);
  });

  test.each([
    ["/usr/lib/python3/dist-packages/twisted/test/key.pem", true, "low -"],
    ["/usr/share/doc/x/examples/key.pem", true, "low -"],
    ["/usr/lib/python3/dist-packages/twisted/test/key.pem", false, "critical distroless"],
    ["/usr/share/x/key.pem", true, "critical distroless"],
    ["/etc/x/test/key.pem", true, "critical distroless"],
  ])("a sample of a package for tests or readers: %s, owned %s", (path, owned, expected) => {
    const made = subject([[file(path, "x")]], { [path]: [key] }, owned ? { [path]: debian } : {});
    const found = [...secretFindings(made)].map((one) => `${one.severity} ${one.atMost ?? "-"}`);
    expect(found).toEqual([expected]);
  });

  test("the evidence is a place and a command that shows the beginning only", () => {
    const [plain, nested] = secretFindings(
      subject([[file("/a", "x"), file("/b", "y")]], {
        "/a": [key],
        "/b": [{ ...key, within: "member k of the zip archive" }],
      }),
    );
    expect(plain?.evidence).toEqual([
      { what: "a PEM private key (RSA) at byte 10, line 2", check: "tail -c +11 FILE | head -c 27" },
    ]);
    expect(nested?.evidence).toEqual([
      { what: "a PEM private key (RSA) at byte 10, line 2 of member k of the zip archive" },
    ]);
  });

  const sample = "/srv/node_modules/m/docs/key.pem";
  const linkOf = (name: string): LayerEntry => ({
    kind: "hardlink",
    path: name as LayerEntry["path"],
    target: sample as LayerEntry["path"],
    origins: [],
  });
  test.each<[string, LayerEntry[], RunConfig, string]>([
    ["nothing uses", [], {}, "low -"],
    ["has a name among samples as well", [linkOf("/srv/node_modules/m/test/k")], {}, "low -"],
    ["has a name elsewhere", [linkOf("/var/key.pem")], {}, "critical distroless"],
    ["an option names", [], { Cmd: [`--key=${sample}`] }, "critical distroless"],
    [
      "an option names from the working directory",
      [],
      { WorkingDir: "/srv", Cmd: ["--key", "node_modules/m/docs/key.pem"] },
      "critical distroless",
    ],
    ["a command line names", [], { Cmd: ["sh", "-c", `serve '${sample}'&`] }, "critical distroless"],
    ["a variable names", [], { Env: [`KEY=${sample}`] }, "critical distroless"],
    ["the healthcheck names", [], { Healthcheck: { Test: ["CMD", "probe", sample] } }, "critical distroless"],
    ["lies in a folder that is named", [], { Cmd: ["/srv/node_modules/m/docs"] }, "critical distroless"],
    ["lies in a package that is named", [], { Env: ["NODE_PATH=/srv/node_modules"] }, "low -"],
    ["a link leads to", [symlink("/etc/key.pem", sample)], {}, "critical distroless"],
    [
      "a link to its folder leads to",
      [symlink("/etc/keys", "/srv/node_modules/m/docs")],
      {},
      "critical distroless",
    ],
    ["a link among samples leads to", [symlink("/srv/node_modules/m/docs/k", "key.pem")], {}, "low -"],
  ])("a sample that %s", (_, more, config, expected) => {
    const names = [sample, "/srv/node_modules/m/test/k", "/var/key.pem"];
    const layers = [[file(sample, "x"), ...more]];
    const packages = Object.fromEntries(names.map((one) => [one, debian]));
    const made = {
      ...subjectOf({ layers, packages, config }),
      facts: (): Facts => ({ magic: "text", secrets: [key] }),
    };
    const found = [...secretFindings(made)].map((one) => `${one.severity} ${one.atMost ?? "-"}`);
    expect(found).toEqual([expected]);
  });

  test("one secret more of a kind is another finding", () => {
    const subjects = [[key], [key, { ...key, at: 900 }], [lockedKey]].map((secrets) =>
      [...secretFindings(subject([[file("/a", "x")]], { "/a": secrets }))].map((one) => one.subject),
    );
    expect(subjects).toEqual([["private-key"], ["private-key 2"], ["encrypted-private-key"]]);
  });

  test("names of one inode are one finding", () => {
    const linked = {
      kind: "hardlink" as const,
      path: "/b" as LayerEntry["path"],
      target: "/a" as LayerEntry["path"],
      origins: [],
    };
    const made = subject([[file("/a", "x"), linked]], { "/a": [key], "/b": [key] });
    expect([...secretFindings(made)]).toHaveLength(1);
  });
});

const residueTold = (made: Subject): Generator<Finding> => residueSecretFindings(made, layerResidue(made));

describe("residueSecretFindings", () => {
  test.each<[string, LayerEntry[][], string[]]>([
    ["shown", [[file("/a", "1")]], []],
    [
      "deleted",
      [[file("/a", "1")], [file("/.wh.a")]],
      ["secret-in-lower-layer critical distroless /a: a PEM private key (RSA)"],
    ],
    [
      "replaced",
      [[file("/a", "1")], [file("/a", "2")]],
      ["secret-in-lower-layer critical distroless /a: a PEM private key (RSA)"],
    ],
    [
      "deleted, with a copy in a folder for samples",
      [[file("/a", "1")], [file("/.wh.a"), file("/usr/share/x/test/a", "1")]],
      ["secret-in-lower-layer critical distroless /a: a PEM private key (RSA)"],
    ],
    [
      "written through a link that the image has",
      [[directory("/usr/d"), symlink("/d", "usr/d")], [file("/d/a", "1")]],
      [],
    ],
  ])("%s", (_, layers, expected) => {
    expect(told(residueTold(subject(layers, { "/a": [key] })))).toEqual(expected);
  });

  test("a sample in a lower layer is one under all of its names there", () => {
    const at = "/usr/share/x/test/key.pem";
    const linked = {
      kind: "hardlink" as const,
      path: "/k" as LayerEntry["path"],
      target: at as LayerEntry["path"],
      origins: [],
    };
    const gone = [file("/usr/share/x/test/.wh.key.pem"), file("/.wh.k")];
    const grades = [[file(at, "x")], [file(at, "x"), linked]].map((layer) => {
      const made = subject([layer, gone], { [at]: [key] }, { [at]: debian });
      return [...residueTold(made)].map((one) => `${one.severity} ${one.atMost ?? "-"}`);
    });
    expect(grades).toEqual([["low -"], ["critical distroless"]]);
  });
});
