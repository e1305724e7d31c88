// /etc/hosts and /etc/resolv.conf of a step. They are the sandbox's own, lie over the root's and are never in a result.
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { InvalidInput, type Span } from "../../../../base/diagnostics.ts";
import { limits } from "../../../../base/limits.ts";

/** As BuildKit calls its sandboxes, so that a step that looks sees the same. */
export const defaultHostname = "buildkitsandbox";

/**
 * The lines of /etc/hosts. `host-gateway` is the machine that builds: with its network, that is the step's own.
 * @throws InvalidInput "invalid-extra-host" at `span`
 */
export function hostsFile(hostname: string, extraHosts: readonly string[], span: Span | undefined): string {
  const lines = [`127.0.0.1\tlocalhost ${hostname}`, "::1\tlocalhost ip6-localhost ip6-loopback"];
  for (const one of extraHosts) {
    const cut = one.indexOf("=");
    const name = one.slice(0, cut);
    const given = one.slice(cut + 1).replace(/^\[(.*)\]$/, "$1");
    const address = given === "host-gateway" ? "127.0.0.1" : given;
    if (cut <= 0 || isIP(address) === 0 || !/^[A-Za-z0-9._-]+$/.test(name)) {
      throw new InvalidInput([
        {
          severity: "error",
          rule: "invalid-extra-host",
          message: `${JSON.stringify(one)} is no host name with its address`,
          hint: "write it as NAME=ADDRESS: db.test=10.0.0.5",
          ...(span === undefined ? {} : { span }),
        },
      ]);
    }
    lines.push(`${address}\t${name}`);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * The text of /etc/resolv.conf: the host's, whose network the step has, with its resolver on a loopback address if that is how
 * the host resolves. Empty without a network, or where the host has none.
 */
export async function resolvFile(network: "none" | "host", file = "/etc/resolv.conf"): Promise<string> {
  if (network === "none") return "";
  const text = await readFile(file, "utf8").catch(() => "");
  return text.length > limits.settingsBytesMax ? "" : text;
}
