// The operations of a build: what frontends ask for and engines carry out. Shaped like BuildKit's LLB (moby/buildkit
// solver/pb/ops.proto), so that either engine can do them. All of an operation can change its result and is part of its
// digest; what can't (names, places in a file, progress) is a vertex's `meta`.
//
// Invariant: plain data. Paths are absolute inside their tree; an `input` is an index into the vertex's inputs.
import type { Json } from "../base/canonical-json.ts";
import type { Digest } from "../base/digest.ts";

export type Operation =
  | ScratchOperation
  | ImageOperation
  | LocalOperation
  | GitOperation
  | HttpOperation
  | ExecOperation
  | FileOperation
  | MergeOperation
  | DiffOperation
  | PackagesOperation;

/** The empty tree. */
export interface ScratchOperation {
  readonly kind: "scratch";
}

/** An image's root file system, as its layers make it. */
export interface ImageOperation {
  readonly kind: "image";
  /** In full: "docker.io/library/golang:1.21.5-alpine"; with the digest once that is known. */
  readonly reference: string;
  readonly digest?: Digest;
  /** "linux/amd64", "linux/arm/v7". */
  readonly platform: string;
}

/** A folder of the user: the build context, or another one by its name. */
export interface LocalOperation {
  readonly kind: "local";
  /** "context", or the name of `--build-context`. */
  readonly name: string;
  /** Patterns of a .dockerignore, in its order; what they leave out isn't there. */
  readonly exclude: readonly string[];
  /** Where not empty, only these paths (patterns as in COPY) are wanted, with what they lead to through links. */
  readonly follow: readonly string[];
}

export interface GitOperation {
  readonly kind: "git";
  /** Without credentials: "https://host/repo.git", "ssh://git@host/repo.git". */
  readonly remote: string;
  /** A branch, tag or commit; absent for the remote's HEAD. */
  readonly ref?: string;
  readonly checksum?: string;
  readonly subdirectory?: string;
  readonly keepGitFolder: boolean;
}

/** One file, under `name` in the root of the result. */
export interface HttpOperation {
  readonly kind: "http";
  readonly url: string;
  readonly checksum?: Digest;
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A command in a sandbox. Input 0 is its root; the result is that root with what it changed. */
export interface ExecOperation {
  readonly kind: "exec";
  readonly argv: readonly string[];
  /** "NAME=value". */
  readonly env: readonly string[];
  readonly workingDir: string;
  /** As USER has it: "", "app", "1000:1000"; looked up in the root's passwd and group. */
  readonly user: string;
  readonly mounts: readonly ExecMount[];
  /** "default" is a network where the engine has one to give. */
  readonly network: "default" | "none" | "host";
  readonly hostname?: string;
  /** "name=address" lines beside those of /etc/hosts. */
  readonly extraHosts: readonly string[];
  readonly shmBytes?: number;
  /** "nofile=1024:2048". */
  readonly ulimits: readonly string[];
  readonly platform: string;
}

/** What a command sees beside its root; nothing of it is in the result. */
export type ExecMount =
  | {
      readonly kind: "bind";
      readonly input: number;
      readonly source: string;
      readonly target: string;
      /** Writes are seen by this command only, and dropped. */
      readonly writable: boolean;
    }
  | {
      readonly kind: "cache";
      readonly id: string;
      readonly target: string;
      readonly sharing: "shared" | "private" | "locked";
      /** What it holds at first. */
      readonly input?: number;
      readonly source?: string;
      readonly readOnly: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly kind: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
  | {
      readonly kind: "secret";
      readonly id: string;
      /** A file, a variable, or both. */
      readonly target?: string;
      readonly variable?: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly kind: "ssh";
      readonly id: string;
      readonly target: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/** Changes of input 0, in their order; each sees what those before it did. */
export interface FileOperation {
  readonly kind: "file";
  readonly actions: readonly FileAction[];
}

/** Names are looked up in input 0's passwd and group. */
export interface Owner {
  readonly user: string | number;
  /** Absent: the user's own where that is a name with an account, else equal to the number. */
  readonly group?: string | number;
}

export type FileAction =
  | CopyAction
  | {
      readonly kind: "mkdir";
      readonly path: string;
      readonly mode: number;
      readonly parents: boolean;
      readonly owner?: Owner;
    }
  | {
      readonly kind: "mkfile";
      readonly path: string;
      readonly mode: number;
      /** Base64. */
      readonly data: string;
      readonly owner?: Owner;
    }
  | {
      readonly kind: "rm";
      readonly path: string;
      readonly allowNotFound: boolean;
      readonly allowWildcard: boolean;
    }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string; readonly owner?: Owner };

/** COPY and ADD, for one source; as BuildKit's FileActionCopy. */
export interface CopyAction {
  readonly kind: "copy";
  readonly input: number;
  /** A path, or a pattern (Go's filepath.Match, with `**` in `include` and `exclude` only). */
  readonly source: string;
  /** Ends with "/" where the source is to lie in it. */
  readonly target: string;
  /** Absent: the source's own. */
  readonly owner?: Owner;
  /** Octal digits, or chmod's symbols ("u=rwX,go=rX"). Absent: the source's own. */
  readonly mode?: string;
  readonly allowWildcard: boolean;
  /** A pattern that nothing fits is no mistake. */
  readonly allowEmptyWildcard: boolean;
  /** A folder gives its content, not itself. */
  readonly contentsOnly: boolean;
  /** Whether a source that is a link means what it leads to. */
  readonly followLinks: boolean;
  /** ADD of an archive: tar, also compressed with gzip, bzip2, xz or zstd, is unpacked. */
  readonly unpack: boolean;
  /** COPY --parents: the folders above the source come along; those before "/./" don't. */
  readonly parents: boolean;
  /** COPY --exclude: patterns relative to the source. */
  readonly exclude: readonly string[];
}

/** All inputs laid over each other, the last on top. */
export interface MergeOperation {
  readonly kind: "merge";
}

/** What input 1 changed of input 0. */
export interface DiffOperation {
  readonly kind: "diff";
}

/** A root file system of Debian packages, whole, with the effects of their scripts modelled. */
export interface PackagesOperation {
  readonly kind: "packages";
  /** What composing looks at beside the packages (graph/plan.ts, `stageJson`). */
  readonly plan: Json;
  /** In the lock's order. */
  readonly packages: readonly { readonly name: string; readonly digest: Digest }[];
  readonly platform: string;
  /** Names the program that composes: another one may judge scripts otherwise. */
  readonly program?: string;
}
