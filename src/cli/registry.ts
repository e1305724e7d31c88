// The commands, each loaded when it is needed.
import type { Command } from "./command.ts";

export type Registry = Readonly<Record<string, () => Promise<Command>>>;

export const commands: Registry = {
  build: async () => (await import("./commands/build.ts")).command,
  lock: async () => (await import("./commands/lock.ts")).command,
  update: async () => (await import("./commands/update.ts")).command,
  test: async () => (await import("./commands/test.ts")).command,
  audit: async () => (await import("./commands/audit.ts")).command,
  diff: async () => (await import("./commands/diff.ts")).command,
  explain: async () => (await import("./commands/explain.ts")).command,
  graph: async () => (await import("./commands/graph.ts")).command,
  lint: async () => (await import("./commands/lint.ts")).command,
  new: async () => (await import("./commands/new.ts")).command,
  schema: async () => (await import("./commands/schema.ts")).command,
  cache: async () => (await import("./commands/cache.ts")).command,
};
