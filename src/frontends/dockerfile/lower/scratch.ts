// The empty image: what `FROM scratch` begins with (moby/buildkit, dockerfile2llb/image.go).
import { type Vertex, vertexOf } from "../../../graph/vertex.ts";
import { partsOf } from "./platform.ts";
import type { ImageDraft } from "./scope.ts";

export const scratchVertex: Vertex = vertexOf({ kind: "scratch" }, [], { name: "scratch" });

export const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function emptyImage(platform: string): ImageDraft {
  return {
    document: partsOf(platform),
    config: { Env: [defaultPath], WorkingDir: "/" },
    history: [],
  };
}
