// `node scripts/peers.ts [NAME...]`: adversarial images side by side: what distill says of each, and what syft, trivy and dive say.
// Prints the table of docs/peers.md; names choose images, all of those below otherwise. A peer that isn't on the PATH (or beside
// the checkout, testing/peers.ts) has no column.
//
// What a peer says of the image without a trick is left out of its cells: the difference is what it noticed.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect } from "../src/base/bytes.ts";
import { ToolError } from "../src/base/errors.ts";
import { dockerArchive } from "../src/oci/docker-archive-writer.ts";
import type { Image } from "../src/oci/model.ts";
import { adversarialCases } from "../testing/adversarial/cases.ts";
import { missingPrograms } from "../testing/adversarial/programs.ts";
import { type AdversarialCase, openWorkshop, over } from "../testing/adversarial/workshop.ts";
import { tarLayer } from "../testing/layouts.ts";
import { findPeer } from "../testing/peers.ts";

const plain = "nothing but the application";
const tamperedName = "a docker archive with a changed layer";

/** What the page shows, in its order. */
const shown: readonly string[] = [
  plain,
  "BusyBox in /busybox",
  "busybox renamed",
  "BusyBox of mode 0644",
  "BusyBox under its own names",
  "BusyBox without its strings",
  "BusyBox packed",
  "BusyBox at the end of the application",
  "BusyBox after a picture",
  "BusyBox in a zip",
  "BusyBox in a tar.gz in a zip",
  "BusyBox in an encrypted zip",
  "BusyBox and its own whiteout",
  "BusyBox deleted above",
  "BusyBox called which",
  "bash called libz.so.1",
  "dash as data, with a loader",
  "dash-static renamed",
  "toybox renamed",
  "gosh renamed",
  'USER "0": root by number',
  'USER "0:0": a check for "0" or "root" lets it pass',
  'USER "+0": engines read numbers with a sign',
  "a script as entrypoint",
  "a healthcheck of CMD-SHELL",
  "a private key in a lower layer",
  "a private key in the environment",
  "a setgid application",
  "a file that anybody may write",
  "two layers swapped",
  "a layer replaced by another one",
  "a manifest that lies about a layer's size",
  "a config with the wrong diff id",
  "a layer that is a bomb",
  tamperedName,
];

/** The forms of one image that tools read. */
interface Forms {
  /** As distill and syft name it: an OCI archive, or a docker archive. */
  readonly reference: string;
  /** The docker archive, or the OCI archive unpacked. */
  readonly input: string;
  /** Absent where it can't be said in that form. */
  readonly dockerArchive: string | undefined;
  /** For a tool's cache and outputs, of this image alone. */
  readonly scratch: string;
}

interface Tool {
  readonly name: string;
  /** What it says of an image: each a few words. */
  readonly say: (forms: Forms) => readonly string[];
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const ran = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 300_000,
    env: { ...process.env, ...env },
  });
  if (ran.error !== undefined) throw ran.error;
  if (ran.status !== 0) throw new Error(ran.stderr === "" ? ran.stdout : ran.stderr);
  return ran.stdout;
}

/** What a tool says, or that it refused. */
function orRefusal(say: () => readonly string[]): readonly string[] {
  try {
    return say();
  } catch (thrown) {
    return [`refused: ${reasonOf(thrown instanceof Error ? thrown.message : String(thrown))}`];
  }
}

/** The words of an error that tell most: the last part of its last sentence. */
function reasonOf(text: string): string {
  const line =
    text
      .trim()
      .split("\n")
      .find((one) => /error|fatal|unable|fail/i.test(one)) ?? text.trim();
  return (line.split(/: /).at(-1) ?? line).slice(0, 70);
}

const distill = join(import.meta.dirname, "../distill");

const ours: Tool = {
  name: "distill",
  say: ({ reference, scratch }) => {
    const args = ["audit", "--cache-dir", join(scratch, "distill"), "--quiet", "--format", "json"];
    const ran = spawnSync(distill, [...args, reference], { encoding: "utf8" });
    const refused = /^error\[([a-z-]+)\]/.exec(ran.stderr)?.[1];
    if (refused !== undefined) return [`refused: ${refused}`];
    if (ran.status !== 0) throw new Error(ran.stderr);
    const { findings, residue, verdict } = JSON.parse(ran.stdout) as {
      readonly verdict: { readonly level: string; readonly determinate: boolean };
      readonly findings: readonly { readonly rule: string; readonly atMost?: string }[];
      readonly residue: readonly { readonly rule: string; readonly atMost?: string }[];
    };
    const telling = [...findings, ...residue].filter((one) => one.atMost === verdict.level);
    const rules = [...new Set(telling.map((one) => one.rule))].slice(0, 2);
    const level = verdict.determinate ? `**${verdict.level}**` : `**${verdict.level}** or unknown`;
    return [rules.length === 0 ? level : `${level}: ${rules.join(", ")}`];
  },
};

const peers: readonly Tool[] = [
  {
    name: "syft",
    say: ({ reference }) => {
      const { artifacts } = JSON.parse(run(tool("syft"), ["-q", reference, "-o", "json"])) as {
        readonly artifacts: readonly { readonly name: string; readonly version: string }[];
      };
      return artifacts.map(({ name, version }) => `${name} ${version}`);
    },
  },
  {
    name: "trivy",
    say: ({ input, scratch }) => {
      const common = ["image", "--quiet", "--cache-dir", join(scratch, "trivy"), "--input", input];
      const scan = ["--scanners", "secret,misconfig", "--image-config-scanners", "secret,misconfig"];
      const { Results = [] } = JSON.parse(
        run(tool("trivy"), [...common, ...scan, "--skip-check-update", "--offline-scan", "--format", "json"]),
      ) as { readonly Results?: readonly TrivyResult[] };
      const { components = [] } = JSON.parse(run(tool("trivy"), [...common, "--format", "cyclonedx"])) as {
        readonly components?: readonly { readonly name: string }[];
      };
      return [
        ...Results.flatMap(({ Misconfigurations = [] }) => Misconfigurations.map(({ ID }) => ID)),
        ...Results.flatMap(({ Secrets = [] }) => Secrets.map(({ RuleID }) => `secret ${RuleID}`)),
        ...components.map(({ name }) => name),
      ];
    },
  },
  {
    name: "dive",
    say: ({ dockerArchive: archive, scratch }) => {
      if (archive === undefined) return ["no such form"];
      const out = join(scratch, "dive.json");
      run(tool("dive"), ["--source", "docker-archive", archive, "--json", out]);
      const { image } = JSON.parse(readFileSync(out, "utf8")) as {
        readonly image: { readonly inefficientBytes: number };
      };
      return image.inefficientBytes === 0 ? [] : [`${image.inefficientBytes} bytes wasted`];
    },
  },
];

interface TrivyResult {
  readonly Misconfigurations?: readonly { readonly ID: string }[];
  readonly Secrets?: readonly { readonly RuleID: string }[];
}

const found = new Map(peers.map(({ name }) => [name, findPeer(name)]));

function tool(name: string): string {
  return found.get(name) ?? name;
}

/** Makes an image in all forms, and has every tool look at it. */
async function look(
  one: AdversarialCase | "tampered",
  tools: readonly Tool[],
  folder: string,
): Promise<readonly (readonly string[])[]> {
  const place = mkdtempSync(join(folder, "case-"));
  const scratch = join(place, "scratch");
  mkdirSync(scratch);
  try {
    const made = one === "tampered" ? await tampered(place) : await formsOf(one, place, folder);
    const forms: Forms = { ...made, scratch };
    return tools.map((each) => (each === ours ? ours.say(forms) : orRefusal(() => each.say(forms))));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function formsOf(one: AdversarialCase, place: string, folder: string): Promise<Omit<Forms, "scratch">> {
  let image: Image | undefined;
  const workshop = openWorkshop(place, join(folder, "programs"));
  const reference = await one.make({
    ...workshop,
    image: (given) => {
      image = given;
      return workshop.image(given);
    },
  });
  const input = join(place, "layout");
  mkdirSync(input);
  run("tar", ["-C", input, "-xf", reference.slice("oci-archive:".length)]);
  const docker = image === undefined ? undefined : await archived(image);
  const file = join(place, "docker.tar");
  if (docker !== undefined) writeFileSync(file, docker);
  return { reference, input, dockerArchive: docker === undefined ? undefined : file };
}

/** As a docker archive; undefined where the layers can't be written so. */
async function archived(image: Image): Promise<Uint8Array | undefined> {
  try {
    return await collect(dockerArchive(image, ["app:1"]), 1 << 30, "an archive");
  } catch (thrown) {
    if (thrown instanceof ToolError) return undefined;
    throw thrown;
  }
}

/** A docker archive whose layer isn't the one that its config has the digest of. */
async function tampered(place: string): Promise<Omit<Forms, "scratch">> {
  const [before, after] = ["as it was built\n", "not as it was..\n"];
  const layer = tarLayer([{ name: "etc/app.conf", content: before }], "none");
  const bytes = Buffer.from((await archived(over([layer]))) ?? "");
  bytes.write(after, bytes.indexOf(before));
  const file = join(place, "docker.tar");
  writeFileSync(file, bytes);
  return { reference: `docker-archive:${file}`, input: file, dockerArchive: file };
}

/** A cell: what is said of this image, and not of the one without a trick. */
function cell(said: readonly string[], usual: readonly string[]): string {
  const own = [...new Set(said.filter((text) => !usual.includes(text)))];
  return own.length === 0 ? "-" : own.join(", ").replaceAll("|", "\\|").replaceAll("\n", " ");
}

async function main(): Promise<void> {
  const names = process.argv.length > 2 ? process.argv.slice(2) : shown;
  const tools = [ours, ...peers.filter(({ name }) => found.get(name) !== undefined)];
  const folder = mkdtempSync(join(tmpdir(), "distill-peers-"));
  mkdirSync(join(folder, "programs"));
  const write = (line: string): boolean => process.stdout.write(`${line}\n`);
  try {
    const usual = await look(caseOf(plain), tools, folder);
    write(`| image | ${tools.map(({ name }) => name).join(" | ")} |`);
    write(`|---|${"---|".repeat(tools.length)}`);
    for (const name of names) {
      const one = name === tamperedName ? "tampered" : caseOf(name);
      const missing = one === "tampered" ? undefined : missingPrograms(one.programs ?? []);
      if (missing !== undefined) {
        write(`| ${name} | not made: ${missing} |${" |".repeat(tools.length - 1)}`);
        continue;
      }
      const said = await look(one, tools, folder);
      const cells = said.map((texts, index) => cell(texts, index === 0 ? [] : (usual[index] ?? [])));
      write(`| ${name} | ${cells.join(" | ")} |`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function caseOf(name: string): AdversarialCase {
  const one = adversarialCases.find((candidate) => candidate.name === name);
  if (one === undefined) throw new Error(`there is no image called ${JSON.stringify(name)}`);
  return one;
}

await main();
