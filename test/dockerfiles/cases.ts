// How the Dockerfiles beside this file are built, where that takes more than the folder; and what makes the rest of their contexts.
import { join } from "node:path";
import { type CaseOptions, casesIn, type DockerfileCase } from "../../testing/dockerfiles/case.ts";
import * as contexts from "./contexts.ts";

const server = { SERVER: "{server}" };
const later = {
  chmod: "symbols in --chmod",
  exclude: "--exclude",
  git: "ADD of a git repository",
  heredoc: "heredocs",
  link: "--link",
  namedContexts: "named contexts",
  parents: "--parents",
  unpack: "--unpack",
} as const;

const copies: Readonly<Record<string, CaseOptions>> = {
  "copy-big": { prepare: contexts.bigFile },
  "copy-chmod-symbols": { newerThanDocker20: later.chmod },
  "copy-chmod-variable": { newerThanDocker20: "variables in --chmod" },
  "copy-empty": { prepare: contexts.emptyFolders },
  "copy-exclude": { newerThanDocker20: later.exclude },
  "copy-hard-links": { prepare: contexts.hardLinks },
  "copy-heredoc": { newerThanDocker20: later.heredoc },
  "copy-link": { newerThanDocker20: later.link },
  "copy-link-over-link": { newerThanDocker20: later.link },
  "copy-link-scratch": { newerThanDocker20: later.link },
  "copy-many": { prepare: contexts.manyFiles },
  "copy-modes": {
    modes: {
      "modes/setuid": 0o4755,
      "modes/setgid": 0o2755,
      "modes/all": 0o777,
      "modes/sticky": 0o1777,
      "modes/closed": 0o700,
      "modes/closed/x": 0o400,
    },
  },
  "copy-odd-names": { prepare: contexts.oddNames },
  "copy-parents": { newerThanDocker20: later.parents },
  "copy-parents-pivot": { newerThanDocker20: later.parents },
  "copy-special": { prepare: contexts.specialFiles },
  "copy-symlinks": { prepare: contexts.symbolicLinks },
  "copy-unreadable": { modes: { "modes/none": 0 } },
  "ignore-other-file": { file: "build/Other" },
};

const additions: Readonly<Record<string, CaseOptions>> = {
  "add-archives": { prepare: contexts.archives },
  "add-archive-chmod": { prepare: contexts.archives },
  "add-archive-chown": { prepare: contexts.archives, newerThanDocker20: "owners given to archives" },
  "add-archive-devices": { prepare: contexts.archives },
  "add-archive-kept": { prepare: contexts.archives, buildArgs: server, newerThanDocker20: later.unpack },
  "add-archive-kinds": { prepare: contexts.archives },
  "add-archive-links": { prepare: contexts.archives },
  "add-archive-over": { prepare: contexts.archives },
  "add-archive-zstd": { prepare: contexts.archives, newerThanDocker20: "archives compressed with zstd" },
  "add-git": { buildArgs: server, newerThanDocker20: later.git },
  "add-git-checksum": {
    buildArgs: { ...server, COMMIT: "e5d01153ac0f289d6ce686eddb8dda13dae9b09e" },
    newerThanDocker20: later.git,
  },
  "add-git-kept": { buildArgs: server, newerThanDocker20: later.git },
  "add-http": { buildArgs: server },
  "add-http-checksum": { buildArgs: server, newerThanDocker20: "--checksum" },
  "add-http-chmod": { buildArgs: server, newerThanDocker20: "modes given to fetched files" },
  "add-http-named": { buildArgs: server },
  "add-no-archive": { prepare: contexts.archives },
};

const values: Readonly<Record<string, CaseOptions>> = {
  "arg-given": { buildArgs: { TAG: "latest", A: "given", B: "given", C: "given", UNUSED: "x" } },
  "arg-predefined": {
    buildArgs: { HTTP_PROXY: "http://proxy.example.test", no_proxy: "*", OTHER: "x" },
  },
  "arg-target-stage": { target: "two", newerThanDocker20: "TARGETSTAGE" },
  "expand-defaults": { newerThanDocker20: "modifiers without a colon" },
  "expand-patterns": { newerThanDocker20: "patterns in expansions" },
  "label-flag": { labels: { a: "outside", c: "outside" } },
  "source-date-epoch": {
    buildArgs: { SOURCE_DATE_EPOCH: "1600000000" },
    newerThanDocker20: "SOURCE_DATE_EPOCH",
  },
};

const steps: Readonly<Record<string, CaseOptions>> = {
  "mount-secret": { secrets: { token: "secret text\n" } },
  "mount-secret-variable": { secrets: { token: "secret text" }, newerThanDocker20: "secrets as variables" },
  "mount-several": { secrets: { token: "secret text\n" } },
  "mount-ssh": { ssh: true },
  "mount-tmpfs-size": { newerThanDocker20: "a size of a tmpfs" },
  "mount-variables": { newerThanDocker20: "variables in mounts" },
  "network-none": { newerThanDocker20: "--network" },
  "run-heredoc": { newerThanDocker20: later.heredoc },
};

const stages: Readonly<Record<string, CaseOptions>> = {
  "context-folder": { contexts: { more: "./more" }, newerThanDocker20: later.namedContexts },
  "context-for-stage": { contexts: { built: "./more" }, newerThanDocker20: later.namedContexts },
  "context-image": {
    contexts: { base: "docker-image://alpine:3.14", other: "docker-image://docker.io/library/platforms" },
    newerThanDocker20: later.namedContexts,
  },
  "healthcheck-forms": { newerThanDocker20: "--retries=0" },
  "healthcheck-start-interval": { newerThanDocker20: "--start-interval" },
  "platform-other": { platform: "linux/arm64" },
  "platform-scratch": { platform: "linux/arm64" },
  "platform-several": {
    platform: "linux/amd64,linux/arm64",
    newerThanDocker20: "several platforms, without another driver",
  },
  "platform-variant": { platform: "linux/arm/v7" },
  "scratch-config": { newerThanDocker20: "handing over an image without layers" },
  "stages-target": { target: "two" },
  "written-elsewhere": { file: "build/Dockerfile.app" },
};

/** Which of them need more than the folder to be refused. */
const refusals: Readonly<Record<string, CaseOptions>> = {
  "refused-add-archive-leaving": { prepare: contexts.archives },
  "refused-add-truncated": { prepare: contexts.archives },
  "refused-add-checksum": { buildArgs: server },
  "refused-add-git-commit": { buildArgs: server },
  "refused-add-http-absent": { buildArgs: server },
  "refused-target-number": { target: "1" },
  "refused-unknown-target": { target: "two" },
};

/** In the order of their names. */
export const cases: readonly DockerfileCase[] = casesIn(import.meta.dirname, {
  ...copies,
  ...additions,
  ...values,
  ...steps,
  ...stages,
  ...refusals,
});

/** What the newest BuildKit made of a case (`node scripts/golden-dockerfiles.ts` writes it anew). */
export function goldenFile({ name }: DockerfileCase): string {
  return join(import.meta.dirname, "../golden/dockerfiles", `${name}.json`);
}
