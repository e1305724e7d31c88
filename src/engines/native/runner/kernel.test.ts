import { describe, expect, test } from "vitest";
import { countsByNamespace, namespaceFailure, requireKernel } from "./kernel.ts";

describe("an ordinary user's sandbox that can't be made", () => {
  test.each([
    {
      summary: "Debian's switch",
      settings: { "/proc/sys/kernel/unprivileged_userns_clone": "0" },
      why: /kernel\.unprivileged_userns_clone = 0/,
      hint: /sysctl -w kernel\.unprivileged_userns_clone=1/,
    },
    {
      summary: "none allowed",
      settings: {
        "/proc/sys/user/max_user_namespaces": "0",
        "/proc/sys/kernel/unprivileged_userns_clone": "1",
      },
      why: /user\.max_user_namespaces = 0/,
      hint: /sysctl -w user\.max_user_namespaces=/,
    },
    {
      summary: "Ubuntu's AppArmor",
      settings: { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1" },
      why: /apparmor_restrict_unprivileged_userns = 1/,
      hint: /AppArmor profile/,
    },
    { summary: "inside of a container", settings: {}, why: /^making .*: EPERM$/, hint: /container/ },
  ])("$summary", async ({ settings, why, hint }) => {
    const values: Readonly<Record<string, string>> = settings;
    const read = (file: string): Promise<string | undefined> => Promise.resolve(values[file]);
    const error = await namespaceFailure("making a user namespace: EPERM", read);
    expect(error.code).toBe("engine");
    expect(error.why).toMatch(why);
    expect(error.hint).toMatch(hint);
  });

  test("for another reason", async () => {
    const error = await namespaceFailure("newuidmap: out of order", () => Promise.resolve(undefined));
    expect([error.why, error.hint]).toEqual(["newuidmap: out of order", undefined]);
  });
});

describe("a kernel", () => {
  test.each(["5.12.0", "5.15.0-91-generic", "6.1.0-18-amd64", "10.0"])("%s will do", (release) => {
    expect(() => requireKernel(release)).not.toThrow();
  });
  test.each(["5.11.9", "4.18.0-553.el8.x86_64", "3.10", "", "new"])("%s won't", (release) => {
    expect(() => requireKernel(release)).toThrow(/steps need 5\.12 or newer/);
  });

  test.each([
    ["6.13.9", false],
    ["6.14.0-rc1", true],
    ["7.0", true],
  ])("%s bounds the processes of a namespace: %s", (release, expected) => {
    expect(countsByNamespace(release)).toBe(expected);
  });
});
