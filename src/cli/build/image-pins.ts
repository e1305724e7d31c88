// `Dockerfile.lock`: read where it is there, written with --lock.
import { readFile } from "node:fs/promises";
import { requireValue } from "../../base/diagnostics.ts";
import { systemCode, ToolError } from "../../base/errors.ts";
import { diskError, writeFileAtomically } from "../../base/files.ts";
import { formatImageLock, type PinnedImage, parseImageLock } from "../../graph/image-lock.ts";
import type { Context } from "../context.ts";
import { displayName } from "../display-name.ts";

/** Beside the Dockerfile. */
export function pinsFile(file: string): string {
  return `${file}.lock`;
}

/**
 * What the lock pins; nothing where there is none, unless it has to be there.
 * @throws ToolError "lock-differs" with `required`; InvalidInput for a file that is no lock
 */
export async function readPins(
  context: Context,
  file: string,
  required: boolean,
): Promise<readonly PinnedImage[]> {
  const shown = displayName(pinsFile(file), context.cwd);
  try {
    return requireValue(parseImageLock(await readFile(pinsFile(file), "utf8"), shown));
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === undefined) throw thrown;
    if (code !== "ENOENT") throw diskError(`reading ${shown}`, thrown);
    if (!required) return [];
    throw new ToolError("lock-differs", {
      what: `reading ${shown}`,
      why: "there is no lock of the base images, and --frozen wants one",
      hint: "write it with --lock, and commit it",
    });
  }
}

/** @throws ToolError "lock-differs" where an image is not pinned */
export function requirePinned(used: readonly PinnedImage[], pinned: readonly PinnedImage[]): void {
  const missing = used.filter(
    (one) => !pinned.some((pin) => pin.reference === one.reference && pin.platform === one.platform),
  );
  const [first] = missing;
  if (first === undefined) return;
  throw new ToolError("lock-differs", {
    what: "reading the lock of the base images",
    why: `it does not pin ${missing.map(({ platform, reference }) => `${reference} for ${platform}`).join(", ")}`,
    hint: "write it anew with --lock, review what changed, and commit it",
  });
}

/** @throws ToolError "disk" */
export async function writePins(file: string, images: readonly PinnedImage[]): Promise<void> {
  await writeFileAtomically(pinsFile(file), formatImageLock(images));
}
