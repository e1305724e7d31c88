// `distill lock`: resolves the spec's packages and writes distill.lock.
import { type Command, defineCommand } from "../command.ts";
import { writeLock } from "../locking.ts";
import { readProject } from "../project.ts";
import { projectOptions } from "../project-options.ts";
import { withSession } from "../session.ts";

export const command: Command = defineCommand({
  name: "lock",
  summary: "resolve packages and write distill.lock",
  usage: "[DIR]",
  options: { ...projectOptions },
  examples: [
    { does: "lock the packages of all platforms and phases", line: "distill lock examples/postgres" },
  ],
  async run(context, { options, positionals }) {
    const project = await readProject(context, positionals[0], options.file);
    const lock = await withSession(context, project, (session) => session.freshLock());
    await writeLock(context, project, lock);
    for (const { platform, phase, packages } of lock.platforms) {
      context.stdout.write(`${platform} ${phase}: ${packages.length} packages\n`);
    }
    for (const { digest, platform, reference } of lock.images ?? []) {
      context.stdout.write(`${platform} ${reference}: ${digest}\n`);
    }
    return 0;
  },
});
