// An apt with a root of its own, for comparisons: empty status, one release, no Recommends; the host's apt is not touched.
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Archive } from "../src/debian/archive.ts";

export interface AptRoot {
  /** Name to version of what `apt-get install` would fetch; or the message of its refusal. */
  choose(packages: readonly string[]): Promise<ReadonlyMap<string, string> | string>;
}

/** Makes the root and runs `apt-get update` in it. */
export async function createAptRoot(
  folder: string,
  archives: readonly Archive[],
  architecture: string,
): Promise<AptRoot> {
  for (const part of [
    "etc/sources.list.d",
    "etc/preferences.d",
    "state/lists/partial",
    "cache/archives/partial",
  ]) {
    await mkdir(join(folder, part), { recursive: true });
  }
  const sources = archives.flatMap((archive) =>
    archive.suites.map(
      (suite) =>
        `deb [check-valid-until=no] ${archive.mirrors[0] ?? ""} ${suite} ${archive.components.join(" ")}\n`,
    ),
  );
  await writeFile(join(folder, "etc/sources.list"), sources.join(""));
  await writeFile(join(folder, "status"), "");
  await writeFile(join(folder, "apt.conf"), configuration(folder, architecture));
  const update = await run("apt-get", ["update"], folder);
  if (update.code !== 0) throw new Error(`apt-get update failed: ${update.errors}`);
  return {
    choose: async (packages) => {
      // Of the ways to ask, --simulate also works out an order of unpacking, which takes apt ten times as long.
      const result = await run("apt-get", ["install", "-qq", "--print-uris", ...packages], folder);
      if (result.code !== 0) return result.errors.trim();
      const files = [...result.output.matchAll(/^'[^']*' (\S+?)_(\S+)_[^_\s]+\.deb /gm)];
      return new Map(files.map((match) => [match[1] ?? "", decodeURIComponent(match[2] ?? "")]));
    },
  };
}

function configuration(folder: string, architecture: string): string {
  const settings: readonly (readonly [string, string])[] = [
    ["Dir::Etc::sourcelist", join(folder, "etc/sources.list")],
    ["Dir::Etc::sourceparts", join(folder, "etc/sources.list.d")],
    ["Dir::Etc::preferencesparts", join(folder, "etc/preferences.d")],
    ["Dir::Etc::preferences", "/dev/null"],
    ["Dir::Etc::parts", "/dev/null"],
    ["Dir::State", join(folder, "state")],
    ["Dir::State::status", join(folder, "status")],
    ["Dir::Cache", join(folder, "cache")],
    ["APT::Architecture", architecture],
    ["APT::Architectures", architecture],
    ["APT::Install-Recommends", "false"],
    ["APT::Install-Suggests", "false"],
    ["APT::Get::Assume-Yes", "true"],
    ["Acquire::Languages", "none"],
    ["Acquire::Check-Valid-Until", "false"],
    ["Debug::NoLocking", "true"],
    ["APT::Sandbox::User", "root"],
  ];
  return settings.map(([name, value]) => `${name} "${value}";\n`).join("");
}

interface Result {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function run(command: string, argv: readonly string[], folder: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argv, {
      env: { ...process.env, APT_CONFIG: join(folder, "apt.conf"), LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, errors }));
  });
}
