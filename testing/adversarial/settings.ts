// What the config says of an image whose files are in order: the user, the start-up, what it gives away. And files' attributes.
import { generateKeyPairSync } from "node:crypto";
import type { RuleId } from "../../src/audit/rules.ts";
import type { RunConfig } from "../../src/oci/model.ts";
import type { TarEntry } from "../builders.ts";
import { helloProgram } from "../hello-program.ts";
import { imageOf, tarLayer } from "../layouts.ts";
import {
  type AdversarialCase,
  application,
  type Expected,
  executable,
  over,
  runConfig,
  withLayer,
} from "./workshop.ts";

/** The sealed image with another config, and files that this one speaks of. */
function configured(
  name: string,
  why: string,
  run: RunConfig,
  expected: Expected,
  files: readonly TarEntry[] = [],
): AdversarialCase {
  const layers = files.length === 0 ? [] : [tarLayer(files)];
  return { name, why, make: (workshop) => workshop.image(over(layers, { run })), expected };
}

function user(written: string, rule: RuleId, why: string, passwd?: string): AdversarialCase {
  const files = passwd === undefined ? [] : [{ name: "etc/passwd", content: passwd }];
  const expected: Expected = { level: "distroless", findings: [[rule]] };
  return configured(`USER ${JSON.stringify(written)}: ${why}`, why, { User: written }, expected, files);
}

const startsShell: Expected = { level: "in-name-only", findings: [["shell-startup"]] };

function file(entry: TarEntry, rule: RuleId): Pick<AdversarialCase, "make" | "expected"> {
  return {
    make: (workshop) => workshop.image(withLayer([entry])),
    expected: { level: "distroless", findings: [[rule, `/${entry.name.replace(/\/$/, "")}`]] },
  };
}

/** An application in Python, and pip beside it. */
function pipIn(program: "pip" | "pip-module", path: string, why: string): AdversarialCase {
  return {
    name: `a Python application with ${program === "pip" ? "pip" : "pip as a module"}`,
    why,
    programs: ["python", program],
    make: async (workshop) => {
      const files = [
        executable("usr/bin/python3", await workshop.program("python")),
        executable(path, await workshop.program(program)),
        { name: "srv/app.py", content: "print('hello')\n" },
      ];
      return workshop.image(withLayer(files, { run: { Entrypoint: ["/usr/bin/python3", "/srv/app.py"] } }));
    },
    expected: { level: "in-name-only", findings: [["package-manager", `/${path}`]] },
  };
}

/** A private key of its own in each run: none of a real one is in the repository. */
const privateKey: string = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  format: "pem",
  type: "pkcs8",
}) as string;

export const settings: readonly AdversarialCase[] = [
  {
    name: "nothing but the application",
    why: "what the others are compared with: without a trick it is sealed",
    make: (workshop) => workshop.image(over([])),
    expected: { level: "sealed" },
  },
  user("", "root-user", "no user is root"),
  user("0", "root-user", "root by number"),
  user("0:0", "root-user", 'a check for "0" or "root" lets it pass'),
  user("+0", "root-user", "engines read numbers with a sign"),
  user("00:65532", "root-user", "and with leading zeros"),
  user("root", "root-user", "root by name, though no passwd says so"),
  user("app", "root-user", "a name that passwd gives the number 0", "app:x:0:0::/:/none\n"),
  user("app", "root-user", "engines take the number that a line lacks for 0", "broken\napp\n::::\n"),
  user("app", "unknown-user", "no passwd knows it: the container doesn't start"),
  user("app", "named-user", "nobody can tell beforehand that it isn't root", "app:x:1000:1000::/:/none\n"),
  user("65532:0", "root-group", "a user of root's group"),
  configured(
    "a healthcheck of CMD-SHELL",
    "it needs /bin/sh",
    { Healthcheck: { Test: ["CMD-SHELL", "/app check"] } },
    startsShell,
  ),
  configured(
    "a command in shell form",
    "it needs /bin/sh, though there is none",
    { Entrypoint: [], Cmd: ["/bin/sh", "-c", "exec /app"] },
    startsShell,
  ),
  configured(
    "a script as entrypoint",
    "it needs /bin/sh, though there is none",
    { Entrypoint: ["/entrypoint.sh"] },
    startsShell,
    [{ name: "entrypoint.sh", mode: 0o755, content: "#!/bin/sh\nexec /app\n" }],
  ),
  configured(
    "an entrypoint of nothing",
    "no file can be explained from it",
    { Entrypoint: [], Cmd: [] },
    { level: "distroless", findings: [["no-start"]] },
  ),
  configured(
    "a private key in the environment",
    "whoever has the image has it",
    { Env: [`TLS_KEY=${privateKey}`] },
    { level: "distroless", findings: [["secret-in-config"]] },
  ),
  {
    name: "a private key in a lower layer",
    why: "deleting it in a later step doesn't take it out of an earlier one",
    make: (workshop) =>
      workshop.image(
        over([
          tarLayer([{ name: "root/.ssh/id_ecdsa", content: privateKey, mode: 0o600 }]),
          tarLayer([{ name: "root/.ssh/.wh.id_ecdsa" }]),
        ]),
      ),
    expected: { level: "distroless", residue: [["secret-in-lower-layer", "/root/.ssh/id_ecdsa"]] },
  },
  pipIn("pip", "usr/bin/pip3", "a package manager of a language brings in whatever the image lacks"),
  pipIn("pip-module", "usr/lib/python3/dist-packages/pip/__main__.py", "python3 -m pip needs no other file"),
  {
    name: "a second program",
    why: "nothing needs it",
    ...file(executable("opt/other", helloProgram()), "unneeded-elf"),
  },
  {
    name: "a file that anybody may write",
    why: "whoever gets in changes what the application is told",
    ...file({ name: "etc/app.conf", content: "x\n", mode: 0o666 }, "world-writable"),
  },
  {
    name: "a folder that anybody may write",
    why: "not sticky: anybody replaces what others put there",
    ...file({ name: "srv/", mode: 0o777 }, "world-writable"),
  },
  {
    name: "a device",
    why: "a way to the host's disk",
    ...file({ name: "dev/sda", kind: "block-device", deviceMajor: 8, mode: 0o600 }, "device"),
  },
  {
    name: "a setgid application",
    why: "whoever starts it gets its group's rights",
    make: (workshop) => workshop.image(over([], { app: { ...application, mode: 0o2755 } })),
    expected: { level: "distroless", findings: [["setuid", "/app"]] },
  },
  {
    name: "an application with capabilities",
    why: "cap_net_admin, as setcap writes it",
    make: (workshop) => {
      const capability = Buffer.from("0100000200100000000000000000000000000000", "hex");
      const xattrs = new Map([["security.capability", capability]]);
      return workshop.image(over([], { app: { ...application, xattrs } }));
    },
    expected: { level: "distroless", findings: [["file-capabilities", "/app"]] },
  },
  {
    name: "an image of another architecture",
    why: "it is judged as any other",
    make: (workshop) =>
      workshop.image(
        over([], { app: { ...application, content: forArm64() }, config: { architecture: "arm64" } }),
      ),
    expected: { level: "sealed" },
  },
  {
    name: "a program of another architecture",
    why: "it moves no level, and it doesn't run",
    make: (workshop) => workshop.image(over([], { config: { architecture: "arm64" } })),
    expected: { level: "sealed", findings: [["wrong-platform", "/app"]] },
  },
  {
    name: "an image without layers",
    why: "there is nothing to start",
    make: (workshop) => workshop.image(imageOf([], { config: runConfig })),
    expected: { level: "distroless", findings: [["missing"]] },
  },
];

function forArm64(): Buffer {
  const bytes = helloProgram();
  bytes.writeUInt16LE(183, 18);
  return bytes;
}
