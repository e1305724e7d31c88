// The program's start. Nothing is imported before the compile cache is on, so that the second start compiles nothing.
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { defaultCacheFolder } from "./cache-folder.ts";

const cache = defaultCacheFolder(process.env, process.cwd());
if (cache !== undefined) enableCompileCache(join(cache, "compiled"));

const [{ runProcess }, { commands }] = await Promise.all([import("./process.ts"), import("./registry.ts")]);
await runProcess(process, commands);
