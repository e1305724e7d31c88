// The cases of test/dockerfiles as distill builds them, against what the newest BuildKit made of them: as root, and as
// ordinary users, who get the same as far as they may.
import { chmodSync, existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAgreement } from "../../testing/dockerfiles/agreement.ts";
import { distillBuilder } from "../../testing/dockerfiles/builders.ts";
import { type Laboratory, laboratoryMissing, openLaboratory } from "../../testing/dockerfiles/laboratory.ts";
import { because } from "../../testing/examples.ts";
import { missingProgram } from "../../testing/programs.ts";
import { removeSessions } from "../../testing/sandbox/users.ts";
import { cases } from "../dockerfiles/cases.ts";

const missing =
  laboratoryMissing() ??
  missingProgram("unshare", "setpriv", "newuidmap") ??
  (existsSync("/etc/subuid") ? undefined : "there is no /etc/subuid (package uidmap)");

describe.skipIf(missing !== undefined)(`Dockerfiles built by distill${because(missing)}`, () => {
  let laboratory: Laboratory;
  let folder: string;
  beforeAll(async () => {
    laboratory = await openLaboratory();
    folder = mkdtempSync(join(tmpdir(), "distill-dockerfiles-"));
    chmodSync(folder, 0o711);
  });
  afterAll(async () => {
    await laboratory.stop();
    await removeSessions(folder);
  });

  // With one id all is done as with several, but for what steps and their mounts do with owners.
  const owners = cases.filter(({ name }) => /^(?:run|mount|user|workdir)-|^copy-folder-over/.test(name));

  // What never touches a file is the same for all users.
  const files = cases.filter(({ name }) => /^(?:add|copy|mount|run|stages|user|workdir)-/.test(name));

  describe.each([
    { user: "root", tried: cases },
    { user: "a user with sub-ids", tried: files },
    { user: "a user with one id", tried: owners },
  ] as const)("as $user", ({ user, tried }) => {
    let own: string;
    beforeAll(() => {
      own = join(folder, user.replaceAll(" ", "-"));
      mkdirSync(own);
    });

    test.each(tried.map((one) => [one.name, one] as const))("%s", (_name, one) =>
      expectAgreement(
        laboratory,
        one,
        distillBuilder(user, own, laboratory.registry.environment),
        `distill as ${user}`,
      ),
    );
  });

  const alike = cases.filter(({ name }) =>
    /^(?:add-archives|copy-symlinks|inherited-config|run-(?:hard-links|odd-names|opaque|renames)|stages-diamond)$/.test(
      name,
    ),
  );

  test.each(alike.map((one) => [one.name, one] as const))(
    "%s: the same bytes for whoever builds it, from nothing",
    async (_name, one) => {
      const environment = { ...laboratory.registry.environment, SOURCE_DATE_EPOCH: "1700000000" };
      const made: unknown[] = [];
      for (const user of ["root", "a user with sub-ids"] as const) {
        const own = mkdtempSync(join(folder, "anew-"));
        const { digests, says } = await laboratory.build(one, distillBuilder(user, own, environment));
        expect(digests.length, says).toBe(1);
        made.push(digests);
      }
      expect(made[1]).toEqual(made[0]);
    },
  );
});
