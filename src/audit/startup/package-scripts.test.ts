import { describe, expect, test } from "vitest";
import { program, recognised, script } from "../../../testing/closures.ts";
import { traced } from "../../../testing/startup-traces.ts";
import { file } from "../../../testing/trees.ts";

const sh = recognised("shell", "dash", "/bin/sh");
const env = program("/usr/bin/env");

describe("npm and its kind", () => {
  const node = recognised("interpreter", "node", "/usr/bin/node");
  const npm = [
    node,
    sh,
    env,
    script("/usr/bin/npm", "/usr/bin/env node"),
    script("/usr/bin/yarn", "/usr/bin/env node"),
  ];
  const manifest = file("/app/package.json", "{}");
  const text = JSON.stringify({
    scripts: { start: "node --enable-source-maps server.js", serve: "next start" },
  });
  const shebang = (name: string): string[] => [
    `command script /usr/bin/${name}`,
    `/usr/bin/${name}:1 program /usr/bin/node #!/usr/bin/env node`,
  ];

  test.each<{ command: string; text?: string; steps: string[] }>([
    {
      command: "npm start",
      text,
      steps: [
        "/app/package.json shell /bin/sh sh -c 'node --enable-source-maps server.js'",
        "/app/package.json program /usr/bin/node node --enable-source-maps server.js",
      ],
    },
    {
      command: "npm --silent run serve",
      text,
      steps: [
        "/app/package.json shell /bin/sh sh -c 'next start'",
        // From node_modules/.bin.
        "/app/package.json dynamic - next start",
      ],
    },
    {
      command: "yarn serve",
      text,
      steps: ["/app/package.json shell /bin/sh sh -c 'next start'", "/app/package.json dynamic - next start"],
    },
    { command: "yarn install", text, steps: [] },
    { command: "npm install", text, steps: [] },
    { command: "npm start", text: "{", steps: ["/app/package.json shell /bin/sh sh -c (the script start)"] },
    {
      command: "npm start",
      text: '{"scripts": {"start": 7}}',
      steps: ["/app/package.json shell /bin/sh sh -c (the script start)"],
    },
    {
      command: "npm run constructor",
      text,
      steps: ["/app/package.json shell /bin/sh sh -c (the script constructor)"],
    },
  ])("$command, $text", ({ command, steps, text: content }) => {
    const words = command.split(" ");
    const found = traced(
      [...npm, manifest],
      { command: words, workingDir: "/app" },
      content === undefined ? {} : { "/app/package.json": content },
    );
    const [first = "", second = ""] = shebang(words[0] ?? "");
    expect(found.steps).toEqual([`${first} ${command}`, second, ...steps]);
  });

  test("package.json is read beforehand", () => {
    expect(traced([...npm, manifest], { command: ["npm", "start"], workingDir: "/app" }).wanted).toEqual([
      manifest.path,
    ]);
  });
});
