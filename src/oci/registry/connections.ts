// The HTTP clients that a registry client needs, each made when it is first needed: reading the trust roots costs more
// than a request to a registry on this machine.
import { createHttp, type Http } from "../../base/http.ts";
import { lazy } from "../../base/lazy.ts";
import { readTrustRoots } from "../../base/trust-roots.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Connections {
  /** `insecure`: certificates aren't checked. @throws ToolError "configuration" where the trust roots can't be read */
  clientFor(url: URL, insecure: boolean): Promise<Http>;
  close(): void;
}

/** A registry takes its time to store what it was sent. */
const idleTimeoutMs = 120_000;
const connectionsPerHostMax = 8;

export function openConnections(environment: Environment): Connections {
  const common = { environment, idleTimeoutMs, connectionsPerHostMax };
  const opened: Http[] = [];
  const keep = (http: Http): Http => {
    opened.push(http);
    return http;
  };
  const plain = lazy(() => keep(createHttp(common)));
  const unverified = lazy(() => keep(createHttp({ ...common, unverified: true })));
  const verified = lazy(async () =>
    keep(createHttp({ ...common, extraRoots: await readTrustRoots(environment) })),
  );
  return {
    clientFor: async (url, insecure) =>
      url.protocol === "http:" ? plain() : insecure ? unverified() : verified(),
    close() {
      for (const http of opened) http.close();
    },
  };
}
