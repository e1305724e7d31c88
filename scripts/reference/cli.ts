// docs/reference/cli.md
import type { Command } from "../../src/cli/command.ts";
import { commonOptions } from "../../src/cli/common-options.ts";
import { optionSummary, optionSyntax } from "../../src/cli/help.ts";
import type { OptionTable } from "../../src/cli/options.ts";
import { commands } from "../../src/cli/registry.ts";
import { code, pageHead, table } from "./markdown.ts";

const introduction = `
\`distill <command> [arguments] [options]\`. Options and arguments may be mixed; \`--name value\` and \`--name=value\` are the same;
\`--\` ends the options. A value that begins with a dash needs the form with \`=\`.

Data goes to stdout; messages and progress go to stderr. The exit code is 0 where the command did what it was asked, 1 where
the answer is no (a check failed), 2 for wrong usage or invalid input, 3 where it could not be done, 70 for an error of the
program itself, 130 where it was interrupted. [errors.md](errors.md) lists the errors, [diagnostics.md](diagnostics.md) what
can be wrong with an input.

Ctrl-C and SIGTERM stop a command after it cleaned up; a second one stops it at once.
`;

const environment: readonly (readonly [string, string])[] = [
  ["`DISTILL_CACHE_DIR`", "The cache folder."],
  [
    "`XDG_CACHE_HOME`, `HOME`",
    "Where the cache folder lies otherwise: `distill` in the first, or `.cache/distill` in the second.",
  ],
  [
    "`DISTILL_DEBIAN_MIRROR`, `DISTILL_DEBIAN_SECURITY_MIRROR`",
    "Roots of Debian mirrors, before those of the configuration file and of the machine's apt sources. The second is `-security` after the first where it is not given.",
  ],
  [
    "`XDG_CONFIG_HOME`, `HOME`",
    "Where the configuration file lies: `distill/config.yaml` in the first, or `.config/distill/config.yaml` in the second; then /etc/distill/config.yaml. It holds `debian: {mirror: URL, security-mirror: URL}`.",
  ],
  ["`DISTILL_STEP_CA`", "Certificates that steps of builds trust, where `--step-ca` names none."],
  [
    "`SOURCE_DATE_EPOCH`",
    "The image's date in seconds since 1970, and the latest time of a file that steps made; otherwise the date of the newest locked index.",
  ],
  ["`SSL_CERT_FILE`, `SSL_CERT_DIR`", "Trust roots beside Node.js's own."],
  [
    "`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`",
    "Proxies, and the hosts that are reached without one; also in lower case.",
  ],
  [
    "`ALL_PROXY`, `FTP_PROXY`",
    "With the three above and their lower-case names: given to steps of a build where `--build-arg` sets them, and part of no cache key.",
  ],
  ["`SSH_AUTH_SOCK`", "The agent of `--ssh default`, and of git for repositories over ssh."],
  [
    "`REGISTRY_AUTH_FILE`",
    "The one file with credentials for registries. Otherwise the first that knows the registry: `containers/auth.json` in `XDG_RUNTIME_DIR` or in `XDG_CONFIG_HOME`, then `config.json` in `DOCKER_CONFIG` or in `.docker` of `HOME`.",
  ],
  [
    "`XDG_RUNTIME_DIR`, `DOCKER_CONFIG`",
    "Where files with credentials lie, as above; the first also has podman's socket.",
  ],
  ["`CONTAINERS_REGISTRIES_CONF`", "The registries.conf, in place of the user's and the machine's."],
  [
    "`DOCKER_HOST`, `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH`",
    "The engine that `--load` reaches, and its certificates; otherwise Docker's socket, or podman.",
  ],
  ["`NO_COLOR`", "No colour, where it is not empty."],
  ["`FORCE_COLOR`", "Colour even where the output is no terminal; `0`: never."],
  ["`TERM`", "`dumb`: no colour, no live progress."],
  ["`NODE_DISABLE_COMPILE_CACHE`", "`1`: the compiled program is not kept in the cache folder."],
];

const progressSection = `## Progress for programs

With \`--progress json\`, each line on stderr is one JSON object until the command ends. \`timeMs\` counts from the first of
them; \`id\` tells units of work apart; units may run side by side.

${table(
  ["type", "members"],
  [
    ["`start`", "`id`, `name`; where they are known `total` and `unit` (`bytes` or `items`)"],
    ["`advance`", "`id`, `done` (of `total`); at most four a second for one unit of work"],
    ["`end`", "`id`; `cached` where nothing had to be done; `note` where there is a result to tell"],
    ["`fail`", "`id`, `message`"],
    ["`log`", "`level` (`info` or `warning`), `message`; `id` where it is about a unit of work"],
  ],
)}`;

export async function cliPage(): Promise<string> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  return [
    `${pageHead("The command line", "src/cli")}${introduction}`,
    ...loaded.map(section),
    `## Options of every command\n\n${optionTable(commonOptions)}`,
    progressSection,
    `## Environment\n\n${table(["variable", ""], environment)}`,
  ].join("\n");
}

function section(command: Command): string {
  const usage = ["distill", command.name, command.usage, "[options]"].filter((part) => part !== "").join(" ");
  const examples = command.examples.map((one) => `# ${one.does}\n${one.line}\n`).join("");
  const options = Object.keys(command.options).length === 0 ? "" : `\n${optionTable(command.options)}`;
  return `## distill ${command.name}\n\n\`${usage}\`: ${command.summary}.\n${options}\n\`\`\`sh\n${examples}\`\`\`\n`;
}

function optionTable(options: OptionTable): string {
  const rows = Object.entries(options).map(([name, option]) => [
    code(optionSyntax(name, option).trim()),
    optionSummary(option),
  ]);
  return table(["option", ""], rows);
}
