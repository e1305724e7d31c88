// A process with the real signal and stream handling, and commands to try it with. Run by src/cli/process.test.ts.
import { setTimeout } from "node:timers/promises";
import { defineCommand } from "../src/cli/command.ts";
import { runProcess } from "../src/cli/process.ts";

/** Writes "ready", waits for the signal, cleans up for a moment. */
const wait = defineCommand({
  name: "wait",
  summary: "wait for a signal",
  usage: "[deaf]",
  options: {},
  examples: [],
  run: async ({ signal, stdout }, { positionals }) => {
    const ended = new Promise((resolve) => {
      signal.addEventListener("abort", resolve);
    });
    stdout.write("ready\n");
    await Promise.race([ended, setTimeout(20_000)]);
    stdout.write("cleaning up\n");
    if (positionals[0] === "deaf") await setTimeout(20_000);
    throw signal.reason as Error;
  },
});

const pour = defineCommand({
  name: "pour",
  summary: "write more than anyone reads",
  usage: "",
  options: {},
  examples: [],
  run: async ({ stdout }) => {
    for (let count = 0; count < 200; count++) {
      stdout.write(`${"x".repeat(65_536)}\n`);
      await setTimeout(1);
    }
    return 0;
  },
});

/** Lets something fail that nobody waits for, as a forgotten `await` does. */
const crash = defineCommand({
  name: "crash",
  summary: "forget a promise",
  usage: "",
  options: {},
  examples: [],
  run: async () => {
    void Promise.reject(new TypeError("forgotten"));
    await setTimeout(20_000);
    return 0;
  },
});

await runProcess(process, {
  wait: async () => wait,
  pour: async () => pour,
  crash: async () => crash,
});
