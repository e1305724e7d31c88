// Names of results. A vertex has two, and its result is recorded under both (docs/decisions/0011-build-cache.md):
//
// The *definition key* says how it is made: the operation, and the definition keys of the inputs. A source's own is what the
// source is: an image's manifest digest, the digest of what is taken of a context, a commit, the digest of a download. A hit
// needs no input solved.
//
// The *content key* says what it is made of: the operation, and of every input what the operation sees of it. Of the root of a
// command, and of what files are laid into, those are the ids of all layers; of what is copied or mounted from elsewhere, the
// digest of the selected part without its times. So a stage that was built anew and gave the same binary ends the rebuild.
//
// In no key: names, places in a file, progress; contents of secrets and caches, sockets of agents, certificates and proxies
// of steps, the times of copied files, addresses of extra hosts, how many descriptors or how much shared memory a step may
// have. They do not belong to what is built, differ from machine to machine, or must not be found out from a key.
import { canonicalJson, type Json } from "../../../base/canonical-json.ts";
import { type Digest, digestOf } from "../../../base/digest.ts";
import type { ExecMount, ExecOperation, Operation } from "../../../graph/operation.ts";

/** Part of every key: raise it when the same operation would give another result. */
const keyVersion = 1;

/** What an operation sees of one input. */
export type InputPart =
  | { readonly kind: "layers"; readonly ids: readonly Digest[] }
  | { readonly kind: "selection"; readonly digest: Digest };

/** The key of a source by what it was resolved to. */
export function sourceKey(kind: Operation["kind"], resolved: Json): Digest {
  return digestOf(canonicalJson([keyVersion, "source", kind, resolved]));
}

/** The time of folders that nobody dated (SOURCE_DATE_EPOCH): only file operations make such. */
export type MadeTime = number | undefined;

/** The key of an operation on inputs of these definition keys. */
export function definitionKey(operation: Operation, inputs: readonly Digest[], made: MadeTime): Digest {
  return digestOf(canonicalJson([keyVersion, "definition", operationJson(operation, made), inputs]));
}

/** The key of an operation on what it sees of its inputs. */
export function contentKey(operation: Operation, parts: readonly InputPart[], made: MadeTime): Digest {
  const seen = parts.map(
    (part): Json => (part.kind === "layers" ? [part.kind, part.ids] : [part.kind, part.digest]),
  );
  return digestOf(canonicalJson([keyVersion, "content", operationJson(operation, made), seen]));
}

/** An operation without what is in no key. */
function operationJson(operation: Operation, made: MadeTime): Json {
  if (operation.kind === "exec") return execJson(operation) as unknown as Json;
  const dated = operation.kind === "file" && made !== undefined ? { ...operation, made } : operation;
  return dated as unknown as Json;
}

function execJson({ shmBytes, ulimits, extraHosts, mounts, ...rest }: ExecOperation): object {
  return {
    ...rest,
    extraHosts: extraHosts.map((line) => line.slice(0, line.indexOf("="))),
    mounts: mounts.map(mountJson),
  };
}

/** Which cache it is, and who else uses it, is left out as the cache's content is. */
function mountJson(mount: ExecMount): object {
  if (mount.kind !== "cache") return mount;
  const { id, sharing, ...rest } = mount;
  return rest;
}
