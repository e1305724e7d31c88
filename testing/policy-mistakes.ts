// Mistakes that people make in a distill-policy.yaml. The golden test shows what each of them is told; the schema's test checks
// that an editor with the schema sees those that are a matter of shape.
import type { Mistake } from "./spec-mistakes.ts";

const head = "apiVersion: distill/v1\n";
const waiver = (fields: string): string => `${head}waivers:\n  - {${fields}}\n`;
const until = 'reason: "known", expires: 2027-03-01';

export const policyMistakes: readonly Mistake[] = [
  { summary: "nothing in the file", text: "# nothing\n" },
  { summary: "no version", text: "level: distroless\n" },
  { summary: "a spec instead of a policy", text: `${head}name: app\nrun: {packages: [nginx]}\n` },
  { summary: "a level with another spelling", text: `${head}level: trully-distroless\n` },
  { summary: "the option's name for the field", text: `${head}fail-below: distroless\n` },
  { summary: "a severity that is none", text: `${head}fail-at: grave\n` },
  { summary: "a list where a map is", text: `${head}primitives: [exec]\n` },
  {
    summary: "a primitive that is none, and one twice",
    text: `${head}primitives: {allow: [execute, exec, exec]}\n`,
  },
  { summary: "a waiver without reason and day", text: waiver("rule: setuid, path: /usr/bin/ping") },
  { summary: "a waiver of an unknown rule", text: waiver(`rule: shells, path: /bin/sh, ${until}`) },
  { summary: "a waiver of no file", text: waiver(`rule: setuid, ${until}`), beyondSchema: true },
  {
    summary: "a waiver of every shell",
    text: waiver(`rule: shell, path: /**, ${until}`),
    beyondSchema: true,
  },
  {
    summary: "a waiver of every shell, spelled with care",
    text: `${head}waivers:
  - {rule: shell, path: /?*/**, ${until}}
  - {rule: multi-call, path: /**/?*, ${until}}
  - {rule: multi-call, path: "/*/sh", ${until}}
`,
    beyondSchema: true,
  },
  {
    summary: "a waiver of every package",
    text: `${head}waivers:
  - {rule: shell, package: "*", ${until}}
  - {rule: setuid, package: "?**", ${until}}
`,
    beyondSchema: true,
  },
  { summary: "everything kept", text: `${head}keep: [{path: /**, reason: "known"}]\n`, beyondSchema: true },
  {
    summary: "a level of a waiver that is none",
    text: waiver(`rule: shell, path: /bin/sh, level: low, ${until}`),
  },
  { summary: "a relative path", text: waiver(`rule: shell, path: bin/sh, ${until}`) },
  {
    summary: "a day as people write it",
    text: waiver('rule: setuid, path: /usr/bin/ping, reason: "known", expires: 2027/3/1'),
  },
  {
    summary: "a day that no calendar has",
    text: waiver('rule: setuid, path: /usr/bin/ping, reason: "known", expires: 2027-02-30'),
    beyondSchema: true,
  },
  {
    summary: "two days for one thing",
    text: `${head}waivers:
  - {rule: setuid, path: /usr/bin/ping, reason: "known", expires: 2027-03-01}
  - {rule: setuid, path: /usr/bin/ping, reason: "known", expires: 2027-06-01}
`,
    beyondSchema: true,
  },
  { summary: "a kept path without a reason", text: `${head}keep: [{path: /opt/plugins/*.so}]\n` },
  { summary: "a kept path as a text", text: `${head}keep: [/opt/plugins/*.so]\n` },
  { summary: "several at once", text: `${head}levle: sealed\nfail-at: 7\nkeep: {}\nwaivers: [{rule: x}]\n` },
];
