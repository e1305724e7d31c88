import { describe, expect, test } from "vitest";
import { elf } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { limits } from "../../base/limits.ts";
import { formats } from "../../formats/document/text-formats.ts";
import type { RunConfig } from "../../oci/model.ts";
import type { Finding } from "../finding.ts";
import { verdictOf } from "../verdict.ts";
import { accountFindings } from "./accounts.ts";

const passwd = ["root:x:0:0:root:/root:/bin/sh", "app:x:1000:1000::/srv/app:", "toor:x:0:1000::/:"].join(
  "\n",
);

function found(config: RunConfig, texts: Readonly<Record<string, string>> = {}): string[] {
  const layers = [[elf("/app/p", { static: true, type: "executable", program: true })]];
  return accountFindings(subjectOf({ layers, config, texts })).map(({ rule, what }) => `${rule}: ${what}`);
}

describe("the user", () => {
  test("is taken for root where no engine starts it as itself, and then no spec can name it", () => {
    const most = limits.userNumberMax;
    for (const [user, expected] of [
      [`${most}`, true],
      [`${most}:${most}`, true],
      [`${most + 1}`, false],
      [`1000:${most + 1}`, false],
    ] as const) {
      expect(formats.user.pattern.test(user), user).toBe(expected);
      expect(found({ User: user }).length === 0, user).toBe(expected);
    }
  });

  test.each<{ user: string; rules: string[]; passwd?: string; group?: string }>([
    { user: "", rules: ["root-user"] },
    { user: " ", rules: ["root-user"] },
    { user: "0", rules: ["root-user"] },
    { user: "00", rules: ["root-user"] },
    { user: "+0", rules: ["root-user"] },
    { user: "-0", rules: ["root-user"] },
    { user: "0:0", rules: ["root-user"] },
    { user: "0:1000", rules: ["root-user"] },
    { user: "root", rules: ["root-user"] },
    { user: "root:app", rules: ["root-user"] },
    { user: "toor", rules: ["root-user"], passwd },
    { user: "app", rules: ["named-user"], passwd },
    { user: "app:root", rules: ["named-user", "root-group"], passwd, group: "root:x:0:\napp:x:1000:" },
    { user: "app", rules: ["unknown-user"] },
    { user: "nobody", rules: ["unknown-user"], passwd },
    { user: "1000", rules: [] },
    { user: "1000:1000", rules: [] },
    { user: "1000:0", rules: ["root-group"] },
    { user: "1000:wheel", rules: ["unknown-user"], group: "root:x:0:" },
    { user: "2147483647:2147483647", rules: [] },
    // An engine may keep the lower 32 bits (CVE-2024-40635).
    { user: "2147483648", rules: ["root-user"] },
    { user: "4294967296:4294967296", rules: ["root-user"] },
    { user: "-4294967296", rules: ["root-user"] },
    { user: "9".repeat(400), rules: ["root-user"] },
    { user: "65532:4294967296", rules: ["root-group"] },
    { user: "app", rules: ["root-user"], passwd: "app:x:4294967296:1000:::" },
    { user: "app", rules: ["named-user", "root-group"], passwd: "app:x:1000:4294967296:::" },
    { user: "app:web", rules: ["named-user", "root-group"], passwd, group: "web:x:4294967296:" },
    // Without a group it is that of the line, also of a number's.
    { user: "1000", rules: ["root-group"], passwd: "app:x:1000:0:::" },
    { user: "1000:", rules: ["root-group"], passwd: "app:x:01000:0:::" },
    { user: "app", rules: ["named-user", "root-group"], passwd: "app:x:1000:0:::" },
    { user: "1000:1000", rules: [], passwd: "app:x:1000:0:::" },
    { user: "1000", rules: ["root-group", "malformed-accounts"], passwd: "app:x:1000" },
    { user: "1000", rules: ["root-group"], passwd: "app:x:1000:1000:::", group: "root:x:0:web,app" },
    { user: "1000", rules: [], passwd: "app:x:1000:1000:::", group: "root:x:0:root\nweb:x:5:app" },
    // Lines are trimmed, comments are lines, and the worst of a name's counts.
    { user: "app", rules: ["root-user"], passwd: " app:x:0:0:::\t\r\napp:x:1000:1000:::" },
    { user: "app", rules: ["root-user"], passwd: "app:x:1000:1000:::\napp:x:0:0:::" },
    { user: "#app", rules: ["root-user"], passwd: "#app:x:0:0:::" },
    { user: "+", rules: ["root-user"], passwd: "+::::::" },
    { user: "1000 ", rules: ["root-user"], passwd: "1000 :x:0:0:::" },
    { user: "app:web", rules: ["named-user", "root-group"], passwd, group: "web:x:5:\nweb:x:0:" },
    // An engine takes the missing number for 0.
    { user: "app", rules: ["root-user", "malformed-accounts"], passwd: "app:x" },
    { user: "app", rules: ["root-user", "malformed-accounts"], passwd: "app:x:many:1:::" },
  ])("$user", ({ user, rules, ...texts }) => {
    const files = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`/etc/${name}`, text]));
    expect(found({ User: user }, files).map((one) => one.replace(/:.*/s, ""))).toEqual(rules);
  });

  test("a bare tree says nothing of a user, so it may be run as root", () => {
    const app = elf("/app/p", { static: true, type: "executable", program: true });
    const [found, ...more] = accountFindings(subjectOf({ layers: [[app]], config: null }));
    expect(more).toEqual([]);
    expect(found).toMatchObject({ rule: "no-user", atMost: "distroless" });
    expect(verdictOf({ findings: found === undefined ? [] : [found], residue: [] })).toMatchObject({
      level: "distroless",
      determinate: false,
      atBest: "sealed",
    });
  });
});

describe("lines that are no accounts", () => {
  const subject = (text: string): Finding[] =>
    accountFindings(subjectOf({ layers: [[]], config: { User: "1000" }, texts: { "/etc/passwd": text } }));

  test("are told by number, once for the file; comments, NIS lines and blanks are none", () => {
    const [found, ...more] = subject(
      "# accounts\nroot:x:0:0:root:/root:/bin/sh\n\n+::::::\nroot\nx:y:z:0:::\n:x:1:1:::\na:x:1:1::::\n",
    );
    expect(more).toEqual([]);
    expect(found).toMatchObject({ rule: "malformed-accounts", what: "4 lines are no accounts" });
    expect(found?.evidence.map((one) => one.what)).toEqual([
      "line 5: it has 1 of 7 fields",
      "line 6: its number is none",
      "line 7: it has no name",
      "line 8: it has more than 7 fields",
    ]);
  });

  test("however many, a few are told and the rest counted", () => {
    const [found, ...more] = subject("x\n".repeat(100_000));
    expect(more).toEqual([]);
    expect(found?.what).toBe("100000 lines are no accounts");
    expect(found?.evidence).toHaveLength(limits.accountLinesToldMax + 1);
    expect(found?.evidence.at(-1)?.what).toBe(`and ${100_000 - limits.accountLinesToldMax} more lines`);
  });
});

test.each(["app", "1000"])("no finding holds a password's hash: %s", (User) => {
  const hash = "$6$saltsalt$Zm9vYmFyYmF6";
  const texts = {
    "/etc/passwd": `app:${hash}:1000:0:::\n${hash}\napp:x:${hash}:0:::\n`,
    "/etc/group": `root:${hash}:0:app\nweb:${hash}\n`,
  };
  const findings = accountFindings(subjectOf({ layers: [[]], config: { User }, texts }));
  expect(findings.length).toBeGreaterThan(2);
  expect(JSON.stringify(findings)).not.toContain("saltsalt");
});

test("a long name is shortened", () => {
  const subject = subjectOf({ layers: [[]], config: { User: "x".repeat(1_000_000) } });
  expect(JSON.stringify(accountFindings(subject).map((one) => [one.what, one.evidence])).length).toBeLessThan(
    1000,
  );
});
