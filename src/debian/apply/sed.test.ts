import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { runSed } from "./sed.ts";

const text = "# comment\nuser www-data;\nport = 80 # x\n\n  indented a/b\nlast (one)\n";

test.each([
  "s/80/8080/",
  "s,a/b,/etc/a,",
  "s/^#.*$//",
  "/^#/d",
  "$d",
  "s/\\(user\\) \\(.*\\);/\\2 is \\1/",
  "s/[[:space:]]*#.*$//;s/^[[:space:]]*//;/^$/d",
  "s/a/&&/g",
  "s|(one)|[two]|",
  "s/o\\+/0/g",
  "/user/s/www-data/nobody/",
  "s/[^a-z]*$/!/",
])("%s edits as sed does", (program) => {
  const real = spawnSync("sed", ["-e", program], { input: text, encoding: "utf8" });
  expect(real.status).toBe(0);
  expect(runSed(program, text)).toBe(real.stdout);
});

test.each(["y/abc/xyz/", "s/a/\\n/", "2,3d", "s/a/b", "p"])("%s isn't modelled", (program) => {
  expect(runSed(program, text)).toBeUndefined();
});
