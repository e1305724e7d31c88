// Every command that the interpreter knows, by name.
import { accountCommands } from "./account-commands.ts";
import { attributeCommands } from "./attribute-commands.ts";
import type { Handler } from "./call.ts";
import { debconfCommands } from "./debconf-commands.ts";
import { dpkgCommands } from "./dpkg-commands.ts";
import { fileCommands } from "./file-commands.ts";
import { generatorCommands } from "./generator-commands.ts";
import { queryCommands, readingCommand } from "./query-commands.ts";
import { textCommands } from "./text-commands.ts";

const handlers: ReadonlyMap<string, Handler> = new Map(
  [
    accountCommands,
    attributeCommands,
    debconfCommands,
    dpkgCommands,
    fileCommands,
    generatorCommands,
    queryCommands,
    textCommands,
  ].flatMap((commands) => Object.entries(commands)),
);

export function handlerOf(name: string): Handler | undefined {
  return handlers.get(name) ?? readingCommand(name);
}
