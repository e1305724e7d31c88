// What the host's own apt is configured with, read through an injected view of its files.
import { readdir, readFile } from "node:fs/promises";
import type { Diagnostic } from "../base/diagnostics.ts";
import { systemCode } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import {
  type AptSource,
  aptSetting,
  isDisabled,
  parseDeb822Sources,
  parseOneLineSources,
} from "./apt-sources.ts";

export interface HostFiles {
  /** Undefined where the file isn't there or may not be read. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Names in a folder, sorted; none where it isn't there. */
  list(folder: string): Promise<readonly string[]>;
}

export interface HostApt {
  readonly sources: readonly AptSource[];
  /** False where Acquire::Check-Valid-Until is off. */
  readonly checkValidUntil: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** The files of the machine that this runs on. */
export const localFiles: HostFiles = {
  read: (path) => unlessAbsent(readFile(path), path),
  list: async (folder) => [...((await unlessAbsent(readdir(folder), folder)) ?? [])].sort(),
};

async function unlessAbsent<T>(reading: Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (["ENOENT", "EACCES", "ENOTDIR"].includes(systemCode(thrown) ?? "")) return undefined;
    throw diskError(`reading ${path}`, thrown);
  }
}

/** Reads /etc/apt. A host without apt gives no sources. @throws ToolError "disk" */
export async function readHostApt(files: HostFiles): Promise<HostApt> {
  const sources: AptSource[] = [];
  const diagnostics: Diagnostic[] = [];
  const parts = (await files.list("/etc/apt/sources.list.d")).map(
    (name) => `/etc/apt/sources.list.d/${name}`,
  );
  for (const path of ["/etc/apt/sources.list", ...parts]) {
    const parse = path.endsWith(".list")
      ? parseOneLineSources
      : path.endsWith(".sources")
        ? parseDeb822Sources
        : undefined;
    const text = parse === undefined ? undefined : await readText(files, path);
    if (parse === undefined || text === undefined) continue;
    const parsed = parse(text, path);
    sources.push(...parsed.sources);
    diagnostics.push(...parsed.diagnostics);
  }
  let setting: string | undefined;
  const settings = (await files.list("/etc/apt/apt.conf.d")).map((name) => `/etc/apt/apt.conf.d/${name}`);
  for (const path of [...settings, "/etc/apt/apt.conf"]) {
    const text = await readText(files, path);
    if (text !== undefined) setting = aptSetting(text, "Acquire::Check-Valid-Until") ?? setting;
  }
  return { sources, checkValidUntil: !isDisabled(setting), diagnostics };
}

async function readText(files: HostFiles, path: string): Promise<string | undefined> {
  const content = await files.read(path);
  return content === undefined ? undefined : Buffer.from(content).toString("utf8");
}
