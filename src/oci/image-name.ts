// What stays of an image's reference from one build of it to the next. Baselines and code scanning recognise images by it.
import { posix } from "node:path";
import { ToolError } from "../base/errors.ts";
import { type Location, parseLocation } from "./locations.ts";

/**
 * The path or the repository, without transport, tag and digest; of an archive also the repository in it. Never throws: what is no
 * reference is its own name.
 */
export function imageName(reference: string): string {
  const location = locationOf(reference);
  switch (location?.kind) {
    case undefined:
      return reference;
    case "registry":
    case "docker-daemon":
      return repositoryOf(location.reference);
    case "bare":
      return isPath(location.text) ? placeOf(location.text) : repositoryOf(location.text);
    case "folder":
    case "tar":
      return placeOf(location.path);
    case "oci-layout":
    case "oci-archive":
      return nameIn(location.path, location.tag);
    case "docker-archive":
      return nameIn(location.path, location.reference);
  }
}

function locationOf(reference: string): Location | undefined {
  try {
    return parseLocation(reference);
  } catch (thrown) {
    if (thrown instanceof ToolError) return undefined;
    throw thrown;
  }
}

/** As `recognise` (open.ts) tells them by the text alone. */
function isPath(text: string): boolean {
  return /^\.{0,2}\/|^\.{1,2}$/.test(text);
}

/** A word alone is a tag: another version of what lies at the path. A reference is one image of several. */
function nameIn(path: string, reference: string | undefined): string {
  const place = placeOf(path);
  return reference === undefined || !/[/:@]/.test(reference) ? place : `${place}:${repositoryOf(reference)}`;
}

function placeOf(path: string): string {
  const place = posix.normalize(path);
  return place.length > 1 && place.endsWith("/") ? place.slice(0, -1) : place;
}

function repositoryOf(reference: string): string {
  const [name = ""] = reference.split("@", 1);
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  return colon < 0 ? name : name.slice(0, colon);
}
