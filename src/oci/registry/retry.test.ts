import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ToolError } from "../../base/errors.ts";
import { retryAfterMs } from "../../base/http.ts";
import { defaultRetryPolicy, type RetryPolicy, retryDelayMs, Transient, withRetries } from "./retry.ts";

const failure = new ToolError("registry", { what: "asking", why: "status 503" });
const { signal } = new AbortController();

function policy(waits: number[], random = 1): RetryPolicy {
  return {
    ...defaultRetryPolicy,
    random: () => random,
    sleep: async (delayMs) => {
      waits.push(delayMs);
    },
  };
}

describe("attempts", () => {
  test("each delay is twice the last; the last failure is thrown", async () => {
    const waits: number[] = [];
    let attempts = 0;
    const work = async (): Promise<never> => {
      attempts += 1;
      throw new Transient(failure);
    };
    await expect(withRetries(policy(waits), signal, work)).rejects.toBe(failure);
    expect(waits).toEqual([400, 800, 1600, 3200]);
    expect(attempts).toBe(5);
  });
  test("what isn't transient is thrown at once", async () => {
    const waits: number[] = [];
    await expect(withRetries(policy(waits), signal, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(waits).toEqual([]);
  });
  test("a wait that is too long is an error that says how long", async () => {
    const waits: number[] = [];
    const work = (): Promise<never> => Promise.reject(new Transient(failure, 3_600_000));
    const error = {
      code: "registry",
      why: "status 503; it asks to wait 3600 seconds",
      hint: "try again later",
    };
    await expect(withRetries(policy(waits), signal, work)).rejects.toMatchObject(error);
    expect(waits).toEqual([]);
  });
  test("an abort ends the wait with its reason", async () => {
    const stop = new AbortController();
    const reason = new ToolError("interrupted", { what: "asking", why: "stopped" });
    const work = (): Promise<never> => Promise.reject(new Transient(failure, 60_000));
    const waiting = withRetries(defaultRetryPolicy, stop.signal, work);
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

test("a delay lies between half of its step and the step, and never below what was asked for", () => {
  const delays = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(100_000),
  );
  fc.assert(
    fc.property(delays, ([attempt, random, askedMs]) => {
      const step = 400 * 2 ** (attempt - 1);
      const delayMs = retryDelayMs(policy([], random), attempt, undefined);
      expect(delayMs).toBeGreaterThanOrEqual(step / 2);
      expect(delayMs).toBeLessThanOrEqual(step);
      expect(retryDelayMs(policy([], random), attempt, askedMs)).toBeGreaterThanOrEqual(askedMs);
    }),
  );
});

test.each([
  [undefined, undefined],
  ["7", 7000],
  ["0", 0],
  ["Tue, 24 Nov 2026 12:00:10 GMT", 10_000],
  ["Tue, 24 Nov 2026 11:00:00 GMT", 0],
  ["soon", undefined],
  ["-5", undefined],
])("Retry-After %j is %j ms", (header, expected) => {
  const waitMs = retryAfterMs(header, Date.UTC(2026, 10, 24, 12));
  if (header === "-5") expect(waitMs === undefined || waitMs === 0).toBe(true);
  else expect(waitMs).toBe(expected);
});
