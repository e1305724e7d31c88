import { describe, expect, test } from "vitest";
import { elf, program, recognised, script } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { file } from "../../../testing/trees.ts";
import type { RunConfig } from "../../oci/model.ts";
import type { Entry } from "../../tree/entry.ts";
import { maskerOf } from "../config-secrets/masking.ts";
import type { Finding } from "../finding.ts";
import { startupOf } from "../startup/startup.ts";
import { startupFindings } from "./startup.ts";

const app = elf("/app/p", { static: true, program: true });
const sh = recognised("shell", "dash", "/bin/sh");

function found(
  entries: readonly Entry[],
  config: RunConfig,
  texts: Readonly<Record<string, string>> = {},
): Finding[] {
  const subject = subjectOf({ layers: [entries], config, texts });
  return startupFindings(subject, startupOf(subject, maskerOf(subject.config)));
}

describe("startupFindings", () => {
  test.each<{
    summary: string;
    entries: Entry[];
    config: RunConfig;
    texts?: Record<string, string>;
    found: string[];
  }>([
    { summary: "a program", entries: [app, sh], config: {}, found: [] },
    {
      summary: "a shell that nothing starts",
      entries: [app, sh, script("/opt/s", "/bin/sh")],
      config: {},
      found: [],
    },
    {
      summary: "shell form",
      entries: [app, sh],
      config: { Entrypoint: ["/bin/sh", "-c", "/app/p"] },
      found: ["/bin/sh the entrypoint starts a shell: /bin/sh -c /app/p"],
    },
    {
      summary: "a command in shell form, without a shell",
      entries: [app],
      config: { Entrypoint: [], Cmd: ["/bin/sh", "-c", "/app/p"] },
      found: ["- the command starts a shell, which is not there: /bin/sh -c /app/p"],
    },
    {
      summary: "shell form behind a wrapper",
      entries: [app, sh, program("/sbin/tini")],
      config: { Entrypoint: ["tini", "--"], Cmd: ["sh", "-c", "/app/p"] },
      found: ["/bin/sh the entrypoint starts a shell: sh -c /app/p"],
    },
    {
      summary: "a health check in shell form",
      entries: [app, sh],
      config: { Healthcheck: { Test: ["CMD-SHELL", "true"] } },
      found: ["/bin/sh the healthcheck starts a shell: /bin/sh -c true"],
    },
    {
      summary: "a health check in list form",
      entries: [app],
      config: { Healthcheck: { Test: ["CMD", "/app/p"] } },
      found: [],
    },
    ...["/rc", "/es", "/nu", "/fish", "/osh", "/bin/sh"].map((name) => ({
      summary: `a program that is called as a shell is, and isn't known as one: ${name}`,
      entries: [elf(name, { static: true, program: true })],
      config: { Entrypoint: [name], Cmd: name === "/bin/sh" ? ["serve"] : ["-c", "/etc/config"] },
      found: [],
    })),
    {
      summary: "what isn't known as a shell, called as one",
      entries: [elf("/bin/sh", { static: true, program: true })],
      config: { Entrypoint: ["/bin/sh", "-ec", "exec /app/p"] },
      found: ["/bin/sh the entrypoint starts a shell: /bin/sh -ec 'exec /app/p'"],
    },
    { summary: "no health check", entries: [app], config: { Healthcheck: { Test: ["NONE"] } }, found: [] },
    {
      summary: "a script, and those that it calls; its own shells are of it",
      entries: [app, sh, script("/e", "/bin/sh -e"), script("/f", "/bin/sh"), script("/g", "/bin/sh")],
      config: { Entrypoint: ["/e"] },
      texts: { "/e": '#!/bin/sh -e\nsh -c /app/p\n/f\n/f\nexec "$0"\n' },
      found: [
        "/e the start-up runs a script for a shell (#!/bin/sh -e)",
        "/f the start-up runs a script for a shell (#!/bin/sh)",
      ],
    },
    {
      summary: "a script whose shell isn't there",
      entries: [app, script("/e", "/bin/bash")],
      config: { Entrypoint: ["/e"] },
      found: ["/e the start-up runs a script for a shell (#!/bin/bash, which is not there)"],
    },
    {
      summary: "a script by env, a shell by its content",
      entries: [
        script("/e", "/usr/bin/env runner"),
        program("/usr/bin/env"),
        recognised("shell", "zsh", "/usr/bin/runner"),
      ],
      config: { Entrypoint: ["/e"] },
      found: ["/e the start-up runs a script for a shell (#!/usr/bin/env runner)"],
    },
    {
      summary: "a script for another interpreter",
      entries: [
        script("/e", "/usr/bin/python3"),
        recognised("interpreter", "python", "/usr/bin/python3"),
        sh,
      ],
      config: { Entrypoint: ["/e"] },
      found: [],
    },
    {
      summary: "npm start",
      entries: [
        sh,
        script("/usr/bin/npm", "/usr/bin/node"),
        recognised("interpreter", "node", "/usr/bin/node"),
        file("/app/package.json", "{}"),
      ],
      config: { Entrypoint: ["npm", "start"], WorkingDir: "/app" },
      texts: { "/app/package.json": '{"scripts": {"start": "node ."}}' },
      found: ["/bin/sh the script of /app/package.json starts a shell: sh -c 'node .'"],
    },
  ])("$summary", ({ config, entries, found: expected, texts }) => {
    expect(found(entries, config, texts).map((one) => `${one.path ?? "-"} ${one.what}`)).toEqual(expected);
  });

  test("each moves the level, and says how to see it", () => {
    const [first, second] = found([sh, script("/e", "/bin/sh")], {
      Entrypoint: ["/e"],
      Healthcheck: { Test: ["CMD-SHELL", "true"] },
    });
    expect(first).toMatchObject({
      rule: "shell-startup",
      atMost: "in-name-only",
      evidence: [{ what: 'it begins with "#!/bin/sh"', check: "head -n 1 FILE" }],
    });
    expect(second?.evidence).toEqual([{ what: "/bin/sh -c true", check: "jq .config.Healthcheck CONFIG" }]);
  });

  test("a name of the image is no part of a command to copy", () => {
    const [shell] = found(
      [
        sh,
        script("/usr/bin/npm", "/usr/bin/node"),
        recognised("interpreter", "node", "/usr/bin/node"),
        file("/a; reboot/package.json", "{}"),
      ],
      { Entrypoint: ["npm", "start"], WorkingDir: "/a; reboot" },
      { "/a; reboot/package.json": '{"scripts": {"start": "node ."}}' },
    );
    expect(shell?.evidence[0]?.check).toBe("jq .scripts FILE");
  });
});
