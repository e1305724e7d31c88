// This machine's platform, and the image of a set that it runs.
import { arch } from "node:process";
import { ToolError } from "../base/errors.ts";
import type { Image, ImageSet } from "../oci/model.ts";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** "linux/amd64": what is built where a spec names no platform. */
export function hostPlatform(): string {
  return `linux/${architectures[arch] ?? arch}`;
}

/** @throws ToolError "not-found" where no image of the set is for this machine */
export function hostImage({ images }: ImageSet): Image {
  const wanted = architectures[arch] ?? arch;
  const found = images.find(({ descriptor }) => descriptor.platform?.architecture === wanted);
  if (found !== undefined) return found;
  const there = images.map(({ descriptor }) => descriptor.platform?.architecture ?? "unknown").join(", ");
  throw new ToolError("not-found", {
    what: "choosing the image for this machine",
    why: `it is linux/${wanted}, the build has ${there}`,
    hint: `add linux/${wanted} to \`platforms\``,
  });
}
