// Runs all cases of native-cases.ts as whoever runs this: `node session.ts PLAN`; prints what came of each as JSON.
import { readFileSync } from "node:fs";
import { messageOf } from "../../src/base/errors.ts";
import type { SessionPlan } from "../sandbox/users.ts";
import { nativeCases } from "./native-cases.ts";
import { type NativeWorld, openNativeWorld } from "./native-world.ts";

const [, , planFile = ""] = process.argv;
const plan = JSON.parse(readFileSync(planFile, "utf8")) as SessionPlan;
const outcomes: Record<string, unknown> = {};
for (const [index, one] of nativeCases.entries()) {
  const opened: NativeWorld[] = [];
  const open = async (): Promise<NativeWorld> => {
    const world = await openNativeWorld(plan, `case-${index}-${opened.length}`);
    opened.push(world);
    return world;
  };
  try {
    outcomes[one.summary] = await one.run(await open(), open);
  } catch (thrown) {
    outcomes[one.summary] = { thrown: messageOf(thrown), stack: thrown instanceof Error ? thrown.stack : "" };
  }
  for (const world of opened) await world.close();
}
process.stdout.write(JSON.stringify(outcomes));
