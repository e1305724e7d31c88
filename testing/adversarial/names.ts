// Names that deceive who reads a report: control characters, markup, bytes that are no text, very long ones.
import { type AdversarialCase, executable, withLayer } from "./workshop.ts";

/** Each lies in /opt, and is BusyBox. As names of this program: bytes that are no UTF-8 are lone surrogates. */
export const deceptiveNames: readonly string[] = [
  "line\nbreak",
  "\u001b[2J\u001b[31mred\u001b]0;title\u0007",
  "\u009b31mc1",
  "tab\tand\rreturn\bback",
  "<script>alert(1)<script>",
  '"><img src=x onerror=alert(1)>',
  "`code` | **bold** [a](evil.example.test) @user",
  "::error::injected",
  "right\u202eto-left",
  "zero\u200bwidth",
  "invalid\udcff\udcfeutf8",
  '\'; rm -rf "$HOME" #',
  "{{constructor}}${7*7}%s%n",
];

const longName: string = `${Array.from({ length: 15 }, () => "d".repeat(250)).join("/")}/${"n".repeat(234)}`;

export const names: readonly AdversarialCase[] = [
  {
    name: "BusyBox under names that deceive",
    why: "what a person sees of it isn't what is there",
    programs: ["busybox"],
    make: async (workshop) => {
      const busybox = await workshop.program("busybox");
      return workshop.image(withLayer(deceptiveNames.map((name) => executable(`opt/${name}`, busybox))));
    },
    expected: {
      level: "in-name-only",
      // Reports are JSON that strict readers take: U+FFFD for each byte that is no UTF-8.
      findings: deceptiveNames.map((name) => ["multi-call", `/opt/${name}`.toWellFormed()] as const),
    },
  },
  {
    name: "BusyBox below a name of 4,000 characters",
    why: "in folders, each of 250",
    programs: ["busybox"],
    make: async (workshop) =>
      workshop.image(withLayer([executable(longName, await workshop.program("busybox"))])),
    expected: { level: "in-name-only", findings: [["multi-call", `/${longName}`]] },
  },
  {
    name: "a name of 5,000 characters",
    why: "no file system has it",
    make: (workshop) => workshop.image(withLayer([{ name: `${"d/".repeat(100)}${"n".repeat(4800)}` }])),
    expected: { error: "limit", says: [/sha256:/, /pathBytesMax/] },
  },
];
