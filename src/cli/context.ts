// The world as a command sees it. Commands reach argv, environment, clock and streams through this and nothing else.
import type { Task } from "../base/io.ts";

/** A stream for text. Credentials are removed on the way out; a closed pipe is not an error. */
export interface Output {
  write(content: string | Uint8Array): void;
  readonly isTerminal: boolean;
  readonly colour: boolean;
  /** The terminal's width, or undefined where there is none. */
  readonly columns: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Context extends Task {
  readonly env: Environment;
  /** Absolute. */
  readonly cwd: string;
  /** Data: what a script reads. */
  readonly stdout: Output;
  /** Messages and progress. */
  readonly stderr: Output;
  /** --cache-dir, DISTILL_CACHE_DIR or the user's cache folder; absolute. It may not exist yet. */
  readonly cacheFolder: string;
  /** Never print this text (a token, a password): the printer removes it from everything. */
  readonly hideSecret: (secret: string) => void;
}
