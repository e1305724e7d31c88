// The options of whatever runs the steps of a build: arguments, contexts, secrets, agents, caches.
export const stepOptions = {
  "build-arg": {
    kind: "list",
    value: "NAME[=VALUE]",
    summary: "a value for an ARG of the Dockerfile; a name alone takes it from the environment",
  },
  "build-context": {
    kind: "list",
    value: "NAME=VALUE",
    summary: "a folder, docker-image://REF, git repository or URL that stands for a stage or image",
  },
  secret: {
    kind: "list",
    value: "id=ID[,src=FILE|,env=NAME]",
    summary: "a secret for RUN --mount=type=secret; in no layer, key or log",
  },
  ssh: {
    kind: "list",
    value: "default|ID[=SOCKET]",
    summary: "an ssh agent for RUN --mount=type=ssh (default: SSH_AUTH_SOCK)",
  },
  "no-cache": { kind: "flag", summary: "do every step anew" },
  "no-cache-filter": {
    kind: "list",
    value: "STAGE",
    commas: true,
    summary: "do the steps of these stages anew",
  },
  "cache-from": {
    kind: "list",
    value: "REF|type=local,src=DIR",
    summary: "results that another machine kept",
  },
  "cache-to": {
    kind: "list",
    value: "REF|type=local,dest=DIR",
    summary: "keep the results of this build there; mode=max: of every stage",
  },
  "step-ca": {
    kind: "text",
    value: "FILE",
    summary: "trust these certificates (PEM) inside steps only; never in a layer nor in a cache key",
  },
  "on-error": {
    kind: "choice",
    value: "WHAT",
    choices: ["fail", "shell"],
    default: "fail",
    summary: "shell: when a step fails, open one in what it had",
  },
} as const;

export interface StepOptions {
  readonly "build-arg": readonly string[];
  readonly "build-context": readonly string[];
  readonly secret: readonly string[];
  readonly ssh: readonly string[];
  readonly "no-cache": boolean;
  readonly "no-cache-filter": readonly string[];
  readonly "cache-from": readonly string[];
  readonly "cache-to": readonly string[];
  readonly "step-ca": string | undefined;
  readonly "on-error": "fail" | "shell";
}

export const insecureRegistry = {
  kind: "list",
  value: "HOST",
  summary: "a registry that may speak plain HTTP or show any certificate",
} as const;

/** Those of a command that needs stages of a spec on its way to something else. */
export const stageOptions: Pick<typeof stepOptions, "no-cache" | "secret" | "ssh" | "step-ca"> & {
  readonly "insecure-registry": typeof insecureRegistry;
} = {
  secret: stepOptions.secret,
  ssh: stepOptions.ssh,
  "no-cache": stepOptions["no-cache"],
  "step-ca": stepOptions["step-ca"],
  "insecure-registry": insecureRegistry,
};

export type StageOptions = Pick<StepOptions, "no-cache" | "secret" | "ssh" | "step-ca">;

/** With what such a command can't say. */
export function stepsOf(given: StageOptions): StepOptions {
  return {
    ...given,
    "build-arg": [],
    "build-context": [],
    "no-cache-filter": [],
    "cache-from": [],
    "cache-to": [],
    "on-error": "fail",
  };
}
