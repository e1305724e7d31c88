// `distill explain`: why a file is there, in the image of a spec that is to be built or in any image that is.
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InvalidInput } from "../../base/diagnostics.ts";
import { imageOptions } from "../auditing.ts";
import { stageOptions, stepsOf } from "../build/step-options.ts";
import { type Command, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { projectOptions } from "../project-options.ts";

export const command: Command = defineCommand({
  name: "explain",
  summary: "tell why a file is in the image, who brought it, and what was left out",
  usage: "[DIR|IMAGE] [PATH]",
  options: {
    ...projectOptions,
    ...imageOptions,
    ...stageOptions,
    platform: {
      ...imageOptions.platform,
      summary: "linux/arm64 ... (default: of an image this machine's, or the only one; of a spec its first)",
    },
    frozen: {
      kind: "flag",
      summary: "of a spec: fail (exit code 1) if distill.lock is missing or out of date",
    },
    scripts: { kind: "flag", summary: "of a spec: what the packages' maintainer scripts would have done" },
    verbose: {
      kind: "flag",
      short: "v",
      summary: "of an image: all of it; of a spec, with --scripts: also the commands without effect",
    },
  },
  examples: [
    {
      does: "why a library ships",
      line: "distill explain examples/postgres /usr/lib/x86_64-linux-gnu/libxml2.so.2",
    },
    { does: "what was left out, and why", line: "distill explain examples/postgres" },
    { does: "the maintainer scripts", line: "distill explain examples/postgres --scripts" },
    { does: "a file of an image", line: "distill explain registry.example.com/app:1 /usr/bin/app" },
  ],
  async run(context, { options, positionals }) {
    const [subject, path] = positionals;
    if (options.file !== undefined || subject === undefined || (await isProject(context, subject))) {
      refuse("a spec", {
        "--entrypoint": options.entrypoint.length > 0,
      });
      const { explainSpec } = await import("../explain-spec.ts");
      const { stepSettings } = await import("../build/step-settings.ts");
      await explainSpec(context, {
        ...options,
        folder: subject,
        path,
        steps: (project) => stepSettings(context, project, stepsOf(options)),
        insecureHosts: options["insecure-registry"],
      });
    } else {
      refuse("an image", {
        "--frozen": options.frozen,
        "--scripts": options.scripts,
        "--secret": options.secret.length > 0,
        "--ssh": options.ssh.length > 0,
        "--no-cache": options["no-cache"],
        "--step-ca": options["step-ca"] !== undefined,
      });
      const { explainImage } = await import("../explain-image.ts");
      await explainImage(context, { ...options, image: subject, path });
    }
    return 0;
  },
});

/** An option that would do nothing was meant for something else. @throws InvalidInput */
function refuse(subject: string, given: Readonly<Record<string, boolean>>): void {
  const wrong = Object.keys(given).filter((name) => given[name] === true);
  if (wrong.length === 0) return;
  throw new InvalidInput(
    wrong.map((name) => ({
      severity: "error",
      rule: "wrong-usage",
      message: `${name} means nothing for ${subject}`,
      hint: "a folder with a distill.yaml is a spec, everything else an image",
    })),
  );
}

/** A folder with a spec; a folder without one is a root. */
async function isProject({ cwd }: Context, name: string): Promise<boolean> {
  return stat(join(resolve(cwd, name), "distill.yaml")).then(
    (status) => status.isFile(),
    () => false,
  );
}
