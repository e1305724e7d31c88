// `distill test`: the spec's tests, in the image's own root, without a shell and without root.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ToolError } from "../../base/errors.ts";
import { lazy } from "../../base/lazy.ts";
import { runTest, type TestedImage, type TestOutcome } from "../../engines/native/run-tests.ts";
import { openRunner } from "../../engines/native/runner/open.ts";
import { treeOfImage } from "../../oci/apply.ts";
import { writeFolder } from "../../oci/folder-writer.ts";
import type { Image, ImageConfig } from "../../oci/model.ts";
import { parseConfig } from "../../oci/validate.ts";
import { renderDiagnostics } from "../../report/diagnostics.ts";
import { printable } from "../../report/text.ts";
import { formatTime } from "../../report/units.ts";
import { stageOptions, stepsOf } from "../build/step-options.ts";
import { type BuildSettings, buildProject } from "../build-project.ts";
import { type Command, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { mendingCache } from "../deliver.ts";
import { hostPlatform } from "../host-image.ts";
import type { Arguments } from "../options.ts";
import { type Project, readProject } from "../project.ts";
import { projectOptions } from "../project-options.ts";
import { renderOptions } from "../quoting.ts";
import { runnerHost } from "../runner-host.ts";

const options = {
  ...projectOptions,
  ...stageOptions,
  frozen: { kind: "flag", summary: "fail (exit code 1) if distill.lock is missing or out of date" },
} as const;

type Options = Arguments<typeof options>["options"];

export const command: Command = defineCommand({
  name: "test",
  summary: "run the spec's tests in the image, without a shell",
  usage: "[DIR]",
  options,
  examples: [{ does: "build, then test", line: "distill test examples/redis" }],
  async run(context, { options: given, positionals }) {
    const project = await readProject(context, positionals[0], given.file);
    if (project.spec.tests.length === 0) {
      context.stdout.write("the spec has no tests\n");
      return 0;
    }
    const image = await hostBuild(context, project, given);
    const outcomes = await inUnpacked(context, image, (tested) => runAll(context, project, tested));
    const failed = outcomes.filter(({ failures }) => failures.length > 0);
    const { length } = outcomes;
    context.stdout.write(`${length - failed.length} passed, ${failed.length} failed\n`);
    return failed.length === 0 ? 0 : 1;
  },
});

/** Tests run on this machine, so the image for its platform is built. @throws ToolError "usage" where the spec has none */
async function hostBuild(context: Context, project: Project, given: Options): Promise<Image> {
  const platform = hostPlatform();
  const plan = project.plans.find(({ phase }) => phase === "run");
  if (plan === undefined || !project.platforms.includes(platform)) {
    throw new ToolError("usage", {
      what: "testing the image",
      why: `the spec has no platform ${platform}, which is this machine's`,
      hint: `it has ${project.platforms.join(", ")}; add ${platform} under \`platforms\``,
    });
  }
  const settings: BuildSettings = {
    plan,
    platforms: [platform],
    frozen: given.frozen,
    compression: "gzip",
    layers: "auto",
    steps: async () => {
      const { stepSettings } = await import("../build/step-settings.ts");
      return stepSettings(context, project, stepsOf(given));
    },
    insecureHosts: given["insecure-registry"],
  };
  const [built] = await buildProject(context, project, settings);
  if (built === undefined) throw new Error("internal error: one platform gives one image");
  return built.image;
}

/** Unpacks an image for the time that `work` takes. */
async function inUnpacked<T>(
  context: Context,
  image: Image,
  work: (tested: TestedImage & { readonly scratchFolder: string }) => Promise<T>,
): Promise<T> {
  // For this user alone: set-user-id programs of the image lie in it. The sandbox enters before it becomes the tested user.
  const folder = await mkdtemp(join(tmpdir(), "distill-test-"));
  const scratchFolder = join(folder, "scratch");
  const root = join(folder, "root");
  try {
    await mkdir(scratchFolder);
    const { signal } = context;
    const tree = await mendingCache([image], () => treeOfImage(image, { scratchFolder, signal }));
    // Nobody is told that an ordinary user's copy keeps no owners: the sandbox has one id, which owns all of it.
    await writeFolder(tree, root, undefined, signal);
    const config = parseConfig(image.config, "the image's config");
    return await work({ tree, root, scratchFolder, ...launchOf(config) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function launchOf({ config }: ImageConfig): Pick<TestedImage, "env" | "workingDir" | "uid" | "gid"> {
  const [uid = 0, gid = 0] = (config?.User ?? "0:0").split(":").map(Number);
  const env = Object.fromEntries(
    (config?.Env ?? []).map((one): [string, string] => [one.replace(/=.*/s, ""), one.replace(/^[^=]*=/, "")]),
  );
  return { env, workingDir: config?.WorkingDir ?? "/", uid, gid };
}

async function runAll(
  context: Context,
  project: Project,
  tested: TestedImage & { readonly scratchFolder: string },
): Promise<readonly TestOutcome[]> {
  const runner = lazy(() =>
    openRunner(runnerHost(context), join(tested.scratchFolder, "steps"), { ids: "single" }),
  );
  const outcomes: TestOutcome[] = [];
  for (const test of project.spec.tests) {
    const outcome = await runTest(test, tested, runner, context);
    outcomes.push(outcome);
    const verdict = outcome.failures.length === 0 ? "ok  " : "FAIL";
    context.stdout.write(`${verdict}  ${printable(outcome.name)}  (${formatTime(outcome.durationMs)})\n`);
    if (outcome.failures.length > 0) {
      context.stderr.write(renderDiagnostics(outcome.failures, renderOptions(context.stderr, context.cwd)));
    }
  }
  return outcomes;
}
