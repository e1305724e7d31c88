// Platforms by name ("linux/arm64/v8") and the choice of an image by one (image-index.md "platform").
import { ToolError } from "../base/errors.ts";
import type { Image, ImageSet, Platform } from "./model.ts";

/** What an architecture's variant is where none is stated. */
const defaultVariants: Readonly<Record<string, string>> = { arm64: "v8", arm: "v7", amd64: "v1" };

/** The platform in "os/architecture[/variant]". @throws ToolError "usage" */
export function parsePlatform(text: string): Platform {
  const [, os, architecture, variant] = /^([a-z0-9]+)\/([a-z0-9]+)(?:\/([a-z0-9.]+))?$/.exec(text) ?? [];
  if (os !== undefined && architecture !== undefined) {
    return { os, architecture, ...(variant === undefined ? {} : { variant }) };
  }
  throw new ToolError("usage", {
    what: `reading the platform ${JSON.stringify(text)}`,
    why: "it is not of the form os/architecture",
    hint: "write linux/amd64 or linux/arm64",
  });
}

/** "linux/arm64/v8" */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** Whether both name the same machines: a variant that isn't stated is the architecture's usual one. */
export function isSamePlatform(a: Platform, b: Platform): boolean {
  return a.os === b.os && a.architecture === b.architecture && variantOf(a) === variantOf(b);
}

/** The set's image for a platform. @throws ToolError "not-found" with the platforms that are there */
export function imageFor(set: ImageSet, platform: Platform): Image {
  const found = set.images.find(
    ({ descriptor }) => descriptor.platform !== undefined && isSamePlatform(descriptor.platform, platform),
  );
  if (found !== undefined) return found;
  const there = set.images.flatMap(({ descriptor }) =>
    descriptor.platform === undefined ? [] : [formatPlatform(descriptor.platform)],
  );
  throw new ToolError("not-found", {
    what: `choosing the image for ${formatPlatform(platform)}`,
    why: "there is none",
    hint: `there is one for ${there.join(", ")}`,
  });
}

function variantOf(platform: Platform): string | undefined {
  return platform.variant ?? defaultVariants[platform.architecture];
}
