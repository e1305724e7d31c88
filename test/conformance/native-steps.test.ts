// Graphs solved with real steps on Alpine's image, as root and as ordinary users: users, environments, mounts of all kinds, what
// a step leaves, what several share.
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { corpusMissing } from "../../testing/base-images/corpus.ts";
import { because } from "../../testing/examples.ts";
import { missingProgram } from "../../testing/programs.ts";
import {
  isRoot,
  removeSessions,
  runSession,
  type SandboxUser,
  sandboxUsers,
} from "../../testing/sandbox/users.ts";
import { nativeCases } from "../../testing/solver/native-cases.ts";
import type { IdentityKind } from "../../testing/solver/native-world.ts";

const missing =
  corpusMissing ??
  (process.arch === "x64" ? undefined : "the image's programs are for x86-64") ??
  missingProgram("unshare", "setpriv") ??
  (isRoot ? missingProgram("newuidmap") : undefined) ??
  (existsSync("/etc/subuid") ? undefined : "there is no /etc/subuid (package uidmap)");

const kinds: Readonly<Record<SandboxUser, IdentityKind>> = {
  root: "root",
  "a user with sub-ids": "mapped",
  "a user with one id": "single",
};

describe.skipIf(missing !== undefined).each(sandboxUsers)(
  `solved natively by %s${because(missing)}`,
  (user) => {
    let folder = "";
    let outcomes: Readonly<Record<string, unknown>> = {};
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "distill-native-"));
      const program = join(import.meta.dirname, "../../testing/solver/session.ts");
      outcomes = (await runSession(folder, user, program, {})) as Record<string, unknown>;
    });
    afterAll(() => removeSessions(folder));

    const cases = nativeCases.flatMap(({ expected, summary }) => {
      const wanted = typeof expected === "function" ? expected(kinds[user]) : expected;
      return wanted === undefined ? [] : [{ summary, wanted }];
    });
    test.each(cases)("$summary", ({ summary, wanted }) => {
      expect(outcomes[summary]).toEqual(wanted);
    });
  },
);
