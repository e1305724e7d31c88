// Steps for another processor need an emulator that the kernel starts (binfmt_misc): qemu-user, with the flag F, by which it is
// open before the step's root is entered.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ToolError } from "../../../../base/errors.ts";

/** Processors whose programs each kind of machine runs by itself (OCI names). */
const native: Readonly<Record<string, readonly string[]>> = {
  x64: ["amd64", "386"],
  arm64: ["arm64", "arm"],
};

/** As qemu names them, where OCI has another name. */
const emulated: Readonly<Record<string, string>> = {
  amd64: "x86_64",
  "386": "i386",
  arm64: "aarch64",
  loong64: "loongarch64",
};

/**
 * Whether steps of this platform run here.
 * @throws ToolError "engine" where they don't
 */
export async function requirePlatform(
  platform: string,
  machine: string = process.arch,
  formats = "/proc/sys/fs/binfmt_misc",
): Promise<void> {
  const [, architecture = ""] = platform.split("/");
  if (native[machine]?.includes(architecture) === true) return;
  const emulator = `qemu-${emulated[architecture] ?? architecture}`;
  for (const name of await readdir(formats).catch(() => [])) {
    if (name !== emulator) continue;
    const text = await readFile(join(formats, name), "utf8").catch(() => "");
    if (/^enabled/m.test(text) && /^flags:.*F/m.test(text)) return;
  }
  throw new ToolError("engine", {
    what: `running a step for ${platform}`,
    why: "this machine has another processor, and no emulator for that one",
    hint: `install qemu-user-static (binfmt_misc, flag F), or cross-build with FROM --platform=$BUILDPLATFORM`,
  });
}
