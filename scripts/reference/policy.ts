// docs/reference/policy.md
import { policy } from "../../src/audit/policy/fields.ts";
import { limits } from "../../src/base/limits.ts";
import { documentTables } from "./document.ts";
import { pageHead } from "./markdown.ts";

const introduction = `
What a team asks of its images, and what it accepts in them, for \`distill audit --policy FILE\`. One YAML 1.2
document in UTF-8; the shape is also there as a JSON Schema, [policy.schema.json](policy.schema.json).

\`\`\`yaml
apiVersion: distill/v1
level: distroless
primitives:
  allow: []                       # nothing that the entrypoint doesn't need may start programs, download, ...
  residual: [exec, library-load]  # what the application's own files may
waivers:
  - rule: setuid
    path: /usr/bin/ping
    reason: the probe sends ICMP
    expires: 2027-03-01
keep:
  - path: /opt/app/plugins/*.so
    reason: loaded by name from the configuration
\`\`\`

**A policy moves the gate, never the level.** A report states the level that the image has by its content, with every finding in
it. What a policy waives is marked as waived, with its reason and last day, and is left out of the *accepted* level, which is
what the gate compares. An image with a waived shell reads "in-name-only (accepted as distroless)", never "distroless". Why is in
[decision 0006](../decisions/0006-waivers-and-levels.md).

**Waivers** end. A last day is required, and is at most ${limits.policyWaiverDaysMax} days away; after it the finding counts again, and a
warning says so. A waiver that concerns nothing in any image is reported as well. A waiver of a rule about files names the file or
the package, by more than wildcards, and for a critical rule not files in any folder.

A waiver covers a finding as bad as its rule says, no worse one: a known shell that lies on the PATH since makes the image \`slim\`,
and counts, with a warning. \`level: slim\` accepts that too. Name files rather than packages where you can: which package a file
belongs to is what the image's own database claims, and whoever makes the image writes it.

**Kept paths** are files that the program needs although nothing in the image shows it: plugins that a configuration names, data
of a program that computes its paths. They get the role \`declared\`, and the findings that say no more than that nothing needs them
(\`unneeded-elf\`, \`unneeded-script\`) are waived; other findings on the same file are not. A kept path names a folder of the root
at least.
`;

export function policyPage(): string {
  return `${pageHead("distill-policy.yaml", "src/audit/policy")}${introduction}\n${documentTables(policy)}`;
}
