// `distill update`: shows what changed in the packages since the lock, then writes it.
import { compareImages, compareLocks } from "../../graph/lock.ts";
import { renderChanges } from "../../report/lock-changes.ts";
import { type Command, defineCommand } from "../command.ts";
import { readLock, writeLock } from "../locking.ts";
import { readProject } from "../project.ts";
import { projectOptions } from "../project-options.ts";
import { withSession } from "../session.ts";

export const command: Command = defineCommand({
  name: "update",
  summary: "show what changed in the packages since the lock, then write it",
  usage: "[DIR]",
  options: {
    ...projectOptions,
    "dry-run": { kind: "flag", short: "n", summary: "show only; exit code 1 where something changed" },
  },
  examples: [{ does: "see what an update would bring", line: "distill update --dry-run examples/postgres" }],
  async run(context, { options, positionals }) {
    const project = await readProject(context, positionals[0], options.file);
    const before = await readLock(context, project.lockFile);
    const after = await withSession(context, project, (session) => session.freshLock());
    const changes = compareLocks(before, after);
    const images = compareImages(before, after);
    context.stdout.write(renderChanges(changes, images));
    if (options["dry-run"]) return changes.length + images.length === 0 ? 0 : 1;
    // Also without a change of packages: the request or the indexes' dates may be new.
    await writeLock(context, project, after);
    return 0;
  },
});
