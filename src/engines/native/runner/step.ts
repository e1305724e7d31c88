// What it takes to run one command in a sandbox: the contract between the solver and the runner.
import type { Writable } from "node:stream";

/** A mount of the sandbox, in the order in which they are made; later ones may lie in earlier ones. */
export type StepMount =
  | {
      readonly kind: "bind";
      readonly source: string;
      /** What of it is mounted, links followed inside it; absent: all of it. */
      readonly path?: string;
      readonly target: string;
      readonly readOnly: boolean;
    }
  /** A stack of folders, lowest first; with `upper` and `work` it can be written. */
  | {
      readonly kind: "overlay";
      readonly lower: readonly string[];
      readonly upper?: string;
      readonly work?: string;
      /** What of the stack is mounted, links followed inside it; absent: all of it. */
      readonly path?: string;
      readonly target: string;
    }
  | { readonly kind: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
  /** A file in memory that only the owner may read; never on a disk. */
  | {
      readonly kind: "secret";
      readonly target: string;
      readonly content: Uint8Array;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  /** A socket of the host's user; the command sees one of its own that leads there. */
  | {
      readonly kind: "socket";
      readonly source: string;
      readonly target: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

export interface StepRequest {
  /** The root, "/" as target; an overlay or a bind. */
  readonly root: Extract<StepMount, { kind: "overlay" | "bind" }>;
  readonly mounts: readonly StepMount[];
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** Made (0755) where it isn't there. */
  readonly workingDir: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly network: "none" | "host";
  readonly hostname: string;
  /** Lines for /etc/hosts and /etc/resolv.conf, which are the sandbox's own and never in the result. */
  readonly hosts: string;
  readonly resolv: string;
  readonly shmBytes: number;
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  /** True for what may not write its root: tests of an image. */
  readonly readOnlyRoot: boolean;
  /** Whether set-uid programs work (sudo in a build step). */
  readonly allowSetuid: boolean;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** "inherit": a person's terminal (`--on-error=shell`), which is where its output goes as well. */
  readonly stdin: "none" | "inherit" | Uint8Array;
  readonly timeoutMs?: number;
}

export interface StepResult {
  /** Undefined where a signal or the time limit ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
}

/** How a user's ids are seen in a sandbox. */
export interface Identity {
  /** `root`: as they are. `mapped`: a range of the user's sub-ids. `single`: root alone, owners are lost. */
  readonly kind: "root" | "mapped" | "single";
  /** Equal texts, equal owners on the disk: what was unpacked and made in one is wrong in another. Absent: root's. */
  readonly space?: string;
  /** What a user should know: "no sub-ids in /etc/subuid for alice: ... usermod --add-subuids ...". */
  readonly note?: string;
}

export interface Runner {
  readonly identity: Identity;
  /**
   * Runs a command to its end; all that it started ends with it. With a root that is an overlay, `upper` holds what it changed.
   * @throws ToolError "engine" where the sandbox itself can't be made, "interrupted", "disk" where it filled the disk
   */
  run(request: StepRequest, signal: AbortSignal): Promise<StepResult>;
  /** Removes a folder whose owners are those of a sandbox. */
  remove(folder: string): Promise<void>;
}
