// What a build file names by a URL: fetched over HTTP with the user's proxies and trust roots; asked again only whether it is
// still the same (RFC 9110, 13: conditional requests).
import { ToolError } from "../../base/errors.ts";
import type { Http, HttpResponse } from "../../base/http.ts";
import { limits } from "../../base/limits.ts";
import type { Download, Validators } from "../../engines/native/solver/solver.ts";

/** `connect` is called when the first URL is asked for. */
export function downloadsOver(connect: () => Promise<Http>): Download {
  return async (url, known, signal) => {
    const response = await follow(await connect(), url, conditions(known), signal);
    if (response.status === 304) {
      response.discard();
      return "unchanged";
    }
    if (response.status !== 200) {
      response.discard();
      throw refused(url, response.status);
    }
    const etag = response.headers.get("etag");
    const lastModified = response.headers.get("last-modified");
    return {
      content: response.body,
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
    };
  };
}

function conditions({ etag, lastModified }: Validators): Record<string, string> {
  if (etag !== undefined) return { "if-none-match": etag };
  return lastModified === undefined ? {} : { "if-modified-since": lastModified };
}

/** Follows redirects, never from HTTPS to plain HTTP. */
async function follow(
  http: Http,
  first: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<HttpResponse> {
  let url = first;
  for (let count = 0; count <= limits.redirectsFollowedMax; count++) {
    const response = await http.request("GET", url, { headers, signal });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || response.status === 304 || location === undefined)
      return response;
    response.discard();
    const next = URL.parse(location, url);
    if (next === null || !/^https?:$/.test(next.protocol))
      throw failure(first, `it leads to ${JSON.stringify(location)}, which is no address of HTTP`);
    if (url.startsWith("https:") && next.protocol === "http:")
      throw failure(first, "it leads from HTTPS to plain HTTP");
    url = next.href;
  }
  throw failure(first, `it leads on more than ${limits.redirectsFollowedMax} times (redirectsFollowedMax)`);
}

function refused(url: string, status: number): ToolError {
  const code = status === 404 || status === 410 ? "not-found" : "network";
  return new ToolError(code, {
    what: `fetching ${shown(url)}`,
    why: `the server answered with the status ${status}`,
    hint: "check the address; for what needs a login, fetch it before the build and copy it from the context",
  });
}

function failure(url: string, why: string): ToolError {
  return new ToolError("network", { what: `fetching ${shown(url)}`, why });
}

/** Without user and password. */
function shown(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  parsed.username = "";
  parsed.password = "";
  return parsed.href;
}
