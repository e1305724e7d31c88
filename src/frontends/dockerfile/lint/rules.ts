// The rules of lint as data. Those of BuildKit (docs.docker.com/reference/build-checks) have its names, so that what a file says
// in `# check=skip=` means the same to both. Those of distill are about what ships.

export interface LintRule {
  /** As `# check=skip=NAME` has it. */
  readonly name: string;
  readonly origin: "buildkit" | "distill";
  /** One line, for people: a row of docs/reference. */
  readonly description: string;
  readonly url?: string;
  /** "asked": told only where the file asks with `# check=experimental=`. */
  readonly level: "always" | "asked";
}

const checks = "https://docs.docker.com/reference/build-checks";

/** A rule that BuildKit has too; `page` is of its documentation. */
function shared(
  name: string,
  page: string,
  description: string,
  level: LintRule["level"] = "always",
): LintRule {
  return { name, origin: "buildkit", description, level, url: `${checks}/${page}/` };
}

function own(name: string, description: string): LintRule {
  return { name, origin: "distill", description, level: "always" };
}

export type LintRuleId =
  | "base-image-platform"
  | "stage-name-casing"
  | "from-as-casing"
  | "empty-continuation"
  | "instruction-casing"
  | "duplicate-stage-name"
  | "reserved-stage-name"
  | "json-arguments"
  | "maintainer-deprecated"
  | "undefined-argument-in-from"
  | "undefined-variable"
  | "relative-workdir"
  | "repeated-instruction"
  | "legacy-pairs"
  | "redundant-platform"
  | "constant-platform"
  | "secret-name"
  | "invalid-default-in-from"
  | "ignored-source"
  | "definition-description"
  | "port-protocol-casing"
  | "port-mapping"
  | "ships-distribution"
  | "runs-as-root"
  | "starts-by-shell"
  | "credentials-in-url"
  | "unpinned-base"
  | "add-where-copy-does"
  | "package-cache-left";

export const lintRules: Readonly<Record<LintRuleId, LintRule>> = {
  "stage-name-casing": shared("StageNameCasing", "stage-name-casing", "A stage's name has capitals."),
  "from-as-casing": shared(
    "FromAsCasing",
    "from-as-casing",
    "`AS` is not written in the case of its `FROM`.",
  ),
  "empty-continuation": shared(
    "NoEmptyContinuation",
    "no-empty-continuation",
    "A blank line stands between continued lines, which is deprecated.",
  ),
  "instruction-casing": shared(
    "ConsistentInstructionCasing",
    "consistent-instruction-casing",
    "An instruction is not written in the case that most of the file's are.",
  ),
  "duplicate-stage-name": shared(
    "DuplicateStageName",
    "duplicate-stage-name",
    "Two stages have one name; the later one is meant from there on.",
  ),
  "reserved-stage-name": shared(
    "ReservedStageName",
    "reserved-stage-name",
    "A stage has a name that means something else: `scratch`, `context`.",
  ),
  "json-arguments": shared(
    "JSONArgsRecommended",
    "json-args-recommended",
    "CMD or ENTRYPOINT in shell form: a shell starts the program, and signals end the shell.",
  ),
  "maintainer-deprecated": shared(
    "MaintainerDeprecated",
    "maintainer-deprecated",
    "MAINTAINER is deprecated; a label takes its place.",
  ),
  "undefined-argument-in-from": shared(
    "UndefinedArgInFrom",
    "undefined-arg-in-from",
    "FROM uses a variable that no ARG before the first FROM declares.",
  ),
  "undefined-variable": shared(
    "UndefinedVar",
    "undefined-var",
    "A variable that nothing set before. Where a base image may set it, only what looks like a typing mistake is told.",
  ),
  "relative-workdir": shared(
    "WorkdirRelativePath",
    "workdir-relative-path",
    "A relative WORKDIR is the first: the base image decides what it means.",
  ),
  "repeated-instruction": shared(
    "MultipleInstructionsDisallowed",
    "multiple-instructions-disallowed",
    "A stage has several CMD, ENTRYPOINT or HEALTHCHECK; the last one counts.",
  ),
  "legacy-pairs": shared(
    "LegacyKeyValueFormat",
    "legacy-key-value-format",
    "ENV or LABEL with a blank in place of `=`.",
  ),
  "base-image-platform": {
    name: "InvalidBaseImagePlatform",
    origin: "buildkit",
    description: "A base image is of another platform than its stage.",
    level: "always",
  },
  "redundant-platform": shared(
    "RedundantTargetPlatform",
    "redundant-target-platform",
    "`--platform=$TARGETPLATFORM` says what holds without it.",
  ),
  "constant-platform": shared(
    "FromPlatformFlagConstDisallowed",
    "from-platform-flag-const-disallowed",
    "`--platform` of FROM names one platform, whatever is built for.",
  ),
  "secret-name": shared(
    "SecretsUsedInArgOrEnv",
    "secrets-used-in-arg-or-env",
    "An ARG or ENV has the name of a secret: its value stays in the image or its history.",
  ),
  "invalid-default-in-from": shared(
    "InvalidDefaultArgInFrom",
    "invalid-default-arg-in-from",
    "Without build arguments, FROM names no image.",
  ),
  "ignored-source": shared(
    "CopyIgnoredFile",
    "copy-ignored-file",
    "COPY or ADD names what the .dockerignore leaves out.",
  ),
  "definition-description": shared(
    "InvalidDefinitionDescription",
    "invalid-definition-description",
    "A comment right above a stage or ARG doesn't begin with its name.",
    "asked",
  ),
  "port-protocol-casing": shared(
    "ExposeProtoCasing",
    "expose-proto-casing",
    "The protocol of an EXPOSE has capitals.",
  ),
  "port-mapping": shared(
    "ExposeInvalidFormat",
    "expose-invalid-format",
    "EXPOSE with an address or a port of the host, which say nothing to an image.",
  ),
  "ships-distribution": own(
    "ShipsDistribution",
    "The final stage begins with an image of a distribution or a toolchain: its shell and tools ship.",
  ),
  "runs-as-root": own("RunsAsRoot", "The final stage has no USER, or the user is root."),
  "starts-by-shell": own(
    "StartsByShell",
    "What the final stage starts, or its health check, needs a shell in the image.",
  ),
  "credentials-in-url": own(
    "CredentialsInUrl",
    "An instruction holds an address with a password, which stays in the image's history.",
  ),
  "unpinned-base": own(
    "UnpinnedBase",
    "A base image without a tag, or with `latest`: each build may have another one.",
  ),
  "add-where-copy-does": own(
    "AddWhereCopyDoes",
    "ADD of files that it neither downloads nor unpacks: COPY says that.",
  ),
  "package-cache-left": own(
    "PackageCacheLeft",
    "A RUN of what ships installs packages and leaves the package manager's lists or downloads in the layer.",
  ),
};
