// What an image is called where nobody says it.
import { basename } from "node:path";

/** The folder's name as far as it can be a repository's. */
export function imageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "image" : name;
}
