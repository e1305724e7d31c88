// The program's start, from the launcher `distill`. Commands and all that they need are imported when they are called.
import { runProcess } from "./process.ts";
import { commands } from "./registry.ts";

await runProcess(process, commands);
