// The commands, each loaded when it is needed.
import type { Command } from "./command.ts";

export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  schema: async () => (await import("./commands/schema.ts")).command,
  cache: async () => (await import("./commands/cache.ts")).command,
};
