// Retries with exponential back-off and jitter. Only what may pass by itself is retried: cut connections, time-outs, 429,
// 500, 502, 503, 504. Any other answer is final.
import { setTimeout as delay } from "node:timers/promises";
import { ToolError } from "../../base/errors.ts";

/** A failure that may pass; carries the error to report where it doesn't. */
export class Transient extends Error {
  override readonly name = "Transient";
  readonly failure: ToolError;
  /** What Retry-After asked for. */
  readonly waitMs: number | undefined;

  constructor(failure: ToolError, waitMs?: number) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.waitMs = waitMs;
  }
}

export interface RetryPolicy {
  readonly attemptsMax: number;
  readonly firstDelayMs: number;
  /** A registry that asks for a longer wait than this gets no retry. */
  readonly waitMsMax: number;
  /** From 0 to 1, exclusive. */
  readonly random: () => number;
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

export const defaultRetryPolicy: RetryPolicy = {
  attemptsMax: 5,
  firstDelayMs: 400,
  waitMsMax: 120_000,
  random: Math.random,
  async sleep(delayMs, signal) {
    // The reason of the abort is the error, not that a timer was stopped.
    await delay(delayMs, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  },
};

/**
 * The delay before attempt `attempt` (the first retry is 1): half of the exponential step is fixed, half is jitter, so
 * that clients that failed together don't come back together. Never shorter than what the server asked for.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, askedMs: number | undefined): number {
  const step = policy.firstDelayMs * 2 ** (attempt - 1);
  return Math.round(Math.max(step * (0.5 + policy.random() / 2), askedMs ?? 0));
}

/** Runs `work` again while it throws `Transient`. @throws the last failure, or whatever else `work` throws */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof Transient)) throw thrown;
      await waitOrGiveUp(policy, signal, attempt, thrown);
    }
  }
}

/** Waits before the next attempt. @throws the failure, where there were enough attempts or the wait would be too long */
export async function waitOrGiveUp(
  policy: RetryPolicy,
  signal: AbortSignal,
  attempt: number,
  transient: Transient,
): Promise<void> {
  const { failure, waitMs } = transient;
  if (attempt >= policy.attemptsMax) throw failure;
  if (waitMs !== undefined && waitMs > policy.waitMsMax) {
    throw new ToolError(failure.code, {
      what: failure.what,
      why: `${failure.why}; it asks to wait ${Math.ceil(waitMs / 1000)} seconds`,
      hint: "try again later",
      cause: failure,
    });
  }
  await policy.sleep(retryDelayMs(policy, attempt, waitMs), signal);
}

export function isTransientStatus(status: number): boolean {
  return status === 429 || status === 500 || status === 502 || status === 503 || status === 504;
}
