// docs/reference/diagnostics.md. A tidy test sees that every rule in the code has a row.
import { policyRules } from "../../src/audit/policy/rules.ts";
import { cliRules } from "../../src/cli/rules.ts";
import { fileRules } from "../../src/engines/native/files/rules.ts";
import { solverRules } from "../../src/engines/native/solver/rules.ts";
import { documentRules } from "../../src/formats/document/rules.ts";
import { lintRules } from "../../src/frontends/dockerfile/lint/rules.ts";
import { lowerRules } from "../../src/frontends/dockerfile/lower/rules.ts";
import { dockerfileRules } from "../../src/frontends/dockerfile/rules.ts";
import { specRules } from "../../src/frontends/spec/rules.ts";
import { code, pageHead, table } from "./markdown.ts";

const otherRules: Readonly<Record<string, string>> = {
  "baseline-malformed":
    "A line of a baseline is neither the key of a finding nor a report of `distill audit --format json`.",
  "baseline-version": "A report in a baseline was written by another version of the format.",
  "apt-source": "An entry of the machine's apt sources can't be read; it is skipped.",
  "copy-source-absent": "A copy of the spec names what the context does not have.",
  "copy-source-outside": "A copy of the spec names a link that leads out of the context.",
  "copy-source-special": "A copy of the spec names what is neither file, folder nor link.",
  "declarative-file":
    "A line of a package's sysusers.d or tmpfiles.d file is not understood, or does something that is not modelled.",
  "ignore-pattern": "A line of a .dockerignore, or another list of patterns, is malformed.",
  "lock-altered": "distill.lock was changed by hand: its content does not fit its own digest.",
  "lock-malformed": "distill.lock is not what `distill lock` writes.",
  "lock-version": "distill.lock was written by another version of the format.",
  "path-in-the-way":
    "A file of the spec would take the place of a folder of the image, or a folder that of a file.",
  "privilege-dropped": "A package's setuid or setgid bit, or capability, is not kept in the image.",
  replaced: "A file of the spec replaces one of a package.",
  "shell-syntax": "A package's script can't be parsed as a POSIX shell script.",
  "test-failed": "A test of the spec failed.",
  "toml-syntax": "registries.conf is not TOML.",
  "too-large": "A file is larger than a named limit allows.",
  "unknown-owner":
    "A file or folder of the spec is to belong to a user or group that the image does not have.",
};

const introduction = `
What can be wrong with an input. Every diagnostic names the place (\`file:line:column\`), what is wrong, the rule in brackets,
and, where there is one, what to do. All of an input's diagnostics come at once. Errors end a command with exit code 2.
`;

export function diagnosticsPage(): string {
  const section = (title: string, rules: Readonly<Record<string, string>>): string =>
    `\n## ${title}\n\n${table(
      ["rule", ""],
      Object.entries(rules).map(([rule, text]) => [code(rule), text]),
    )}`;
  return [
    `${pageHead("Diagnostics", "the rules.ts of src/formats/document, src/frontends/spec, src/frontends/dockerfile, src/frontends/dockerfile/lower, src/audit/policy and src/cli, and scripts/reference/diagnostics.ts")}${introduction}`,
    section("In any YAML file", documentRules),
    section("In distill.yaml", specRules),
    section("In a Dockerfile", withoutLint({ ...dockerfileRules, ...lowerRules })),
    section("Lint of a Dockerfile", descriptionsOfLint()),
    section("In distill-policy.yaml", policyRules),
    section("In COPY, ADD and other file operations", fileRules),
    section("In steps of a build, and their options", solverRules),
    section("On the command line", cliRules),
    section("Elsewhere", otherRules),
  ].join("");
}

function descriptionsOfLint(): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(lintRules).map(([id, { description }]) => [id, description]));
}

/** The parser tells some rules of lint. */
function withoutLint(rules: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(rules).filter(([id]) => !Object.hasOwn(lintRules, id)));
}
