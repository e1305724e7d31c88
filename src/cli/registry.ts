// The commands, each loaded when it is needed.
import type { Command } from "./command.ts";

export type Registry = Readonly<Record<string, () => Promise<Command>>>;

export const commands: Registry = {
  schema: async () => (await import("./commands/schema.ts")).command,
  cache: async () => (await import("./commands/cache.ts")).command,
};
