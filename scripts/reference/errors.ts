// docs/reference/errors.md. The type makes this table complete: a code without a row does not compile.
import { type ErrorCode, errorCodes } from "../../src/base/errors.ts";
import { code, pageHead, table } from "./markdown.ts";

interface ErrorPage {
  readonly means: string;
  readonly remedy: string;
}

const pages: Readonly<Record<ErrorCode, ErrorPage>> = {
  usage: {
    means: "The command was asked for something that does not fit together.",
    remedy: "`--help` shows how the options are used.",
  },
  "invalid-input": {
    means: "A file that was given is not what the command reads.",
    remedy: "See the message; [diagnostics.md](diagnostics.md) explains the rules.",
  },
  "check-failed": {
    means:
      "The command worked; the answer is no: a test of the spec failed, or the image is below the level that was asked for.",
    remedy: "Read what was found, and change the spec.",
  },
  "lock-differs": {
    means: "With `--frozen`, distill.lock is missing or does not fit the spec.",
    remedy: "Run `distill lock`, review what changed, and commit the file.",
  },
  network: {
    means: "A server could not be reached, or ended the connection, after several attempts.",
    remedy: "Check the address, the proxy (HTTPS_PROXY, NO_PROXY) and the trust roots (SSL_CERT_FILE).",
  },
  registry: {
    means: "A registry refused a request, or answered what the distribution specification does not allow.",
    remedy: "See the status and the registry's own message.",
  },
  unauthorized: {
    means: "A registry wants other credentials, or none were found.",
    remedy: "Log in with `docker login` or `podman login`; check the credential helper.",
  },
  "not-found": {
    means: "An image, package, file or stage that was named is not there.",
    remedy: "Check the name; the message lists where it was looked for.",
  },
  "digest-mismatch": {
    means: "Content is not what its digest promises: a damaged or exchanged download.",
    remedy: "Run again; where it comes back, don't trust the source.",
  },
  signature: {
    means: "A release is not signed by a key that is trusted, or its signature has expired.",
    remedy:
      "Check the clock, the keyring of the spec, and the mirror. `trusted: false` accepts it, and says so.",
  },
  malformed: {
    means: "A package, image or index breaks the rules of its format.",
    remedy: "Report it to whoever made it; the message names the place.",
  },
  limit: {
    means: "Something is larger, deeper or longer than a named limit allows.",
    remedy: "If the input is honest, report the limit's name.",
  },
  unsatisfiable: {
    means: "No set of packages satisfies what the spec asks for.",
    remedy: "The message tells who wanted what, and which versions exist.",
  },
  "unknown-effect": {
    means: "A package's script does something that is not modelled, so the image might lack its result.",
    remedy: "Declare it under `effects` with the reason, or leave the package out.",
  },
  "missing-dependency": {
    means: "Something in the image needs a file that is not in it.",
    remedy: "Add the package that has it, or drop what needs it.",
  },
  disk: {
    means: "A file could not be read or written.",
    remedy: "Check free space and permissions; `distill cache prune` makes room.",
  },
  cache: {
    means: "An entry of the cache was damaged; it was removed.",
    remedy: "Run again: the entry is made anew.",
  },
  engine: {
    means: "The engine (the sandbox of build steps, BuildKit, a container daemon) could not do its work.",
    remedy: "See its message; check that it runs and that you may use it.",
  },
  "step-failed": {
    means: "A command of a build ended with an exit code that is not 0, or a signal ended it.",
    remedy: "The last lines of its output are shown; `--on-error=shell` gives a shell in what it had.",
  },
  configuration: {
    means:
      "The machine's configuration is incomplete or contradictory: no mirror, no home, a bad registries.conf.",
    remedy: "The message names what to set.",
  },
  interrupted: {
    means: "The command was stopped by Ctrl-C or SIGTERM. Nothing is left half-written.",
    remedy: "Run it again; what was done already is in the cache.",
  },
};

const introduction = `
An operation that could not be done ends with one of these codes, what was tried, why it failed, and what can be done. What
is wrong with an input is told by [diagnostics](diagnostics.md) instead, all of it at once, with exit code 2. Exit code 70 is
a bug of distill: please report it.
`;

export function errorsPage(): string {
  const rows = (Object.keys(pages) as ErrorCode[]).map((name) => [
    code(name),
    String(errorCodes[name]),
    pages[name].means,
    pages[name].remedy,
  ]);
  return `${pageHead("Errors", "scripts/reference/errors.ts")}${introduction}\n${table(["code", "exit", "what it means", "what to do"], rows)}`;
}
