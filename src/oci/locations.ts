// Where an image is or goes, as the command line names it (docs/reference/cli.md "IMAGE"): `oci:DIR[:TAG]`,
// `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:REF]`, `dir:DIR`, `tar:FILE`, `docker-daemon:REF`, else a registry reference
// or a path that is recognised by what lies there. As in containers-transports(5), the first colon after the transport
// ends the path.
import { ToolError } from "../base/errors.ts";

/** An image as files of this machine. */
export type LocalLocation =
  | { readonly kind: "oci-layout"; readonly path: string; readonly tag?: string }
  | { readonly kind: "oci-archive"; readonly path: string; readonly tag?: string }
  /** `reference` as it stands in manifest.json's RepoTags. */
  | { readonly kind: "docker-archive"; readonly path: string; readonly reference?: string }
  /** An unpacked root folder, and the same as one tar: trees without a config. */
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "tar"; readonly path: string };

export type Location =
  | LocalLocation
  | { readonly kind: "docker-daemon"; readonly reference: string }
  | { readonly kind: "registry"; readonly reference: string }
  /** No transport was named: `recognise` decides between a path and a registry reference. */
  | { readonly kind: "bare"; readonly text: string };

/** The location that a command-line argument names; nothing is looked up. @throws ToolError "usage" */
export function parseLocation(text: string): Location {
  const match = /^(oci|oci-archive|docker-archive|dir|tar|docker-daemon|docker):(.*)$/s.exec(text);
  if (match === null) {
    if (text === "") throw usage(text, "it is empty");
    return { kind: "bare", text };
  }
  const [, transport = "", rest = ""] = match;
  if (rest === "") throw usage(text, `nothing follows "${transport}:"`);
  switch (transport) {
    case "docker-daemon":
      return { kind: "docker-daemon", reference: rest };
    case "docker":
      // skopeo's spelling; anything else of the form docker:TAG is the image of that name.
      return rest.startsWith("//") ? { kind: "registry", reference: rest.slice(2) } : { kind: "bare", text };
    case "dir":
      return { kind: "folder", path: rest };
    case "tar":
      return { kind: "tar", path: rest };
    default:
      return withName(transport, rest, text);
  }
}

function withName(transport: string, rest: string, text: string): LocalLocation {
  const cut = rest.indexOf(":");
  const path = cut < 0 ? rest : rest.slice(0, cut);
  const name = cut < 0 ? undefined : rest.slice(cut + 1);
  if (path === "") throw usage(text, "the path is empty");
  if (name === "") throw usage(text, "nothing follows the last colon");
  if (transport === "docker-archive") {
    return { kind: "docker-archive", path, ...(name === undefined ? {} : { reference: name }) };
  }
  if (name !== undefined && !tagPattern.test(name)) throw usage(text, `"${name}" can't be a tag`);
  const kind = transport === "oci" ? "oci-layout" : "oci-archive";
  return { kind, path, ...(name === undefined ? {} : { tag: name }) };
}

/** What the annotation org.opencontainers.image.ref.name may hold (image-spec annotations.md). */
const tagPattern = /^[A-Za-z0-9][-._:@/+A-Za-z0-9]*$/;

function usage(text: string, why: string): ToolError {
  return new ToolError("usage", {
    what: `reading the image name ${JSON.stringify(text)}`,
    why,
    hint: "write REF, docker-daemon:REF, oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE or dir:DIR",
  });
}
