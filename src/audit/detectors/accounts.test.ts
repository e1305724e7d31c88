import { describe, expect, test } from "vitest";
import { elf } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import type { RunConfig } from "../../oci/model.ts";
import { accountFindings } from "./accounts.ts";

const passwd = ["root:x:0:0:root:/root:/bin/sh", "app:x:1000:1000::/srv/app:", "toor:x:0:1000::/:"].join(
  "\n",
);

function found(config: RunConfig, texts: Readonly<Record<string, string>> = {}): string[] {
  const layers = [[elf("/app/p", { static: true, type: "executable", program: true })]];
  return accountFindings(subjectOf({ layers, config, texts })).map(({ rule, what }) => `${rule}: ${what}`);
}

describe("the user", () => {
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
    { user: "4294967294", rules: [] },
    // An engine takes the missing number for 0.
    { user: "app", rules: ["root-user", "malformed-accounts"], passwd: "app:x" },
    { user: "app", rules: ["root-user", "malformed-accounts"], passwd: "app:x:many:1:::" },
  ])("$user", ({ user, rules, ...texts }) => {
    const files = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`/etc/${name}`, text]));
    expect(found({ User: user }, files).map((one) => one.replace(/:.*/s, ""))).toEqual(rules);
  });

  test("a bare tree says nothing of a user", () => {
    const subject = subjectOf({ layers: [[elf("/app/p", { static: true })]], config: null });
    expect(accountFindings(subject)).toEqual([]);
  });
});

test("each malformed line is told, with its number; comments, NIS lines and blanks are none", () => {
  const texts = {
    "/etc/passwd": "# accounts\nroot:x:0:0:root:/root:/bin/sh\n\n+::::::\nroot\nx:y:z:0:::\n:x:1:1:::\n",
  };
  expect(found({ User: "1000" }, texts)).toEqual([
    "malformed-accounts: line 5 is no account",
    "malformed-accounts: line 6 is no account",
    "malformed-accounts: line 7 is no account",
  ]);
});
