// A registry client for tests: the real network, no waiting between retries, everything that happens written down.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cache, openCache } from "../src/base/cache.ts";
import type { Event } from "../src/base/events.ts";
import { openRegistryClient, type RegistryClient } from "../src/oci/registry/client.ts";
import type { Environment } from "../src/oci/registry/connections.ts";
import type { FindCredentials } from "../src/oci/registry/credentials.ts";
import { defaultRetryPolicy } from "../src/oci/registry/retry.ts";

export interface TestClient {
  readonly client: RegistryClient;
  readonly events: Event[];
  /** Every wait before a retry, in milliseconds. */
  readonly waits: number[];
}

export interface TestClientOptions {
  readonly environment?: Environment;
  readonly insecureHosts?: readonly string[];
  readonly login?: { readonly username: string; readonly password: string };
  /** In place of /etc/containers; default: an absent one. */
  readonly systemFolder?: string;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

/** With an empty environment it knows no credentials, no configuration and no proxy. */
export async function testClient(options: TestClientOptions = {}): Promise<TestClient> {
  const events: Event[] = [];
  const waits: number[] = [];
  const { login } = options;
  const findCredentials: FindCredentials = async () =>
    login === undefined ? undefined : { kind: "password", ...login, source: "the test" };
  const client = await openRegistryClient({
    environment: options.environment ?? {},
    systemFolder: options.systemFolder ?? "/nonexistent",
    ...(options.insecureHosts === undefined ? {} : { insecureHosts: options.insecureHosts }),
    task: {
      signal: options.signal ?? new AbortController().signal,
      emit: (event) => events.push(event),
      now: options.now ?? (() => performance.now()),
    },
    retry: {
      ...defaultRetryPolicy,
      random: () => 1,
      sleep: async (delayMs) => {
        waits.push(delayMs);
      },
    },
    ...(login === undefined ? {} : { findCredentials }),
  });
  return { client, events, waits };
}

/** A cache in a temporary folder, for the time of `use`. */
export async function withCache<T>(use: (cache: Cache) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "distill-cache-"));
  try {
    return await use(await openCache(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
