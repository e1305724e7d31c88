// Ports of EXPOSE: `80`, `80/udp`, `8000-8010/tcp`; the host's part of `127.0.0.1:80:8080` says nothing to an image.

import { isIP } from "node:net";
import type { Span } from "../../../base/diagnostics.ts";
import { Mistake } from "./mistake.ts";

/** As "80/tcp", ranges written out. @throws Mistake "wrong-port" */
export function portsOf(text: string, span: Span): readonly string[] {
  const wrong = (why: string): Mistake =>
    new Mistake("wrong-port", span, `${text} is no port: ${why}`, "write 80, 80/udp or 8000-8010");
  const parts = text.split(":");
  const container = parts.pop() ?? "";
  const host = parts.pop() ?? "";
  const address = parts.join(":").replace(/^\[(.*)\]$/, "$1");
  if (address !== "" && isIP(address) === 0) throw wrong(`${address} is no address`);
  const slash = container.indexOf("/");
  const range = slash < 0 ? container : container.slice(0, slash);
  const protocol = (slash < 0 ? "" : container.slice(slash + 1)).toLowerCase();
  if (!["", "tcp", "udp", "sctp"].includes(protocol)) throw wrong(`${protocol} is not tcp, udp or sctp`);
  const [start, end] = rangeOf(range, wrong);
  if (host !== "") {
    const [hostStart, hostEnd] = rangeOf(host, wrong);
    if (end !== start && end - start !== hostEnd - hostStart) throw wrong("both ranges differ in length");
  }
  return Array.from({ length: end - start + 1 }, (_, index) => `${start + index}/${protocol || "tcp"}`);
}

function rangeOf(text: string, wrong: (why: string) => Mistake): readonly [number, number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) throw wrong(text === "" ? "there is no number" : `${text} is no number`);
  const start = Number(match[1]);
  const end = Number(match[2] ?? match[1]);
  if (start > 65_535 || end > 65_535) throw wrong("the greatest is 65535");
  if (end < start) throw wrong("the range goes down");
  return [start, end];
}
