import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elfOf } from "../../../../testing/builders.ts";
import {
  app,
  executable,
  openStage,
  phaseOf,
  type Sample,
  type Samples,
  type Stage,
  staticProgram,
} from "../../../../testing/phases.ts";
import { collect } from "../../../base/bytes.ts";
import type { ImagePlan } from "../../../graph/plan.ts";
import { dumpEntry } from "../../../tree/dump.ts";
import { path } from "../../../tree/path.ts";
import { composePhase } from "./compose-phase.ts";
import { type Shipped, shippedOf } from "./shipped.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

async function ship(samples: Samples, plan: Partial<ImagePlan> = {}): Promise<Shipped> {
  const input = await phaseOf(stage, samples, plan);
  return shippedOf(await composePhase(input, stage.services), input);
}

async function textOf({ tree }: Shipped, name: string): Promise<string | undefined> {
  const entry = tree.lookup(path(name));
  if (entry?.kind !== "file") return undefined;
  return Buffer.from(await collect(entry.content, 1e6, name)).toString();
}

const unknown = "#!/bin/sh\nset -e\nfrobnicate --now /etc/app\n";
const never: Sample = { requested: false, data: { "/usr/bin/never": executable(staticProgram) } };

test("exactly what is kept, with a package database of what ships", async () => {
  const shipped = await ship({
    app: { data: { ...app.data, "/usr/share/doc/app/changelog": "c" } },
    never,
  });
  expect(shipped.packages).toEqual(["app:amd64"]);
  const lines = [...shipped.tree.walk()].map((entry) => `${entry.path} ${dumpEntry(entry)}`);
  expect(lines.map((line) => line.replace(/ [0-9a-f]{8}$/, ""))).toEqual([
    "/etc directory 0755",
    "/etc/group file 0644",
    "/etc/os-release symlink 0777 -> ../usr/lib/os-release",
    "/etc/passwd file 0644",
    "/run directory 0755",
    "/tmp directory 1777",
    "/usr directory 0755",
    "/usr/bin directory 0755",
    "/usr/bin/app file 0755",
    "/usr/lib directory 0755",
    "/usr/lib/os-release file 0644",
    "/var directory 0755",
    "/var/lib directory 0755",
    "/var/lib/dpkg directory 0755",
    "/var/lib/dpkg/status.d directory 0755",
    "/var/lib/dpkg/status.d/app file 0644",
    "/var/lib/dpkg/status.d/app.md5sums file 0644",
    "/var/run symlink 0777 -> /run",
    "/var/tmp directory 1777",
  ]);
  expect(await textOf(shipped, "/var/lib/dpkg/status.d/app")).toContain(
    "Distill-Partial: 1 of 2 files are not in this image",
  );
});

test("the account files name no shell that doesn't ship", async () => {
  const samples: Samples = {
    app: {
      ...app,
      scripts: { postinst: "#!/bin/sh\nuseradd --system --uid 70 --shell /usr/bin/sh2 app\n" },
    },
    shell: { data: { "/usr/bin/sh2": executable(staticProgram) } },
  };
  const without = await ship(samples);
  expect(without.tree.lookup(path("/usr/bin/sh2"))).toBeUndefined();
  expect(await textOf(without, "/etc/passwd")).toMatch(/^app:x:70:.*:\/usr\/sbin\/nologin$/m);
  const having = await ship(samples, { keep: [{ glob: "/usr/bin/sh2" }] });
  expect(await textOf(having, "/etc/passwd")).toMatch(/^app:x:70:.*:\/usr\/bin\/sh2$/m);
});

test("account files that the spec writes stay as they are", async () => {
  const text = "root:x:0:0::/:/bin/sh\n";
  const shipped = await ship(
    { app },
    { additions: [{ kind: "file", path: "/etc/passwd", text, mode: 0o600 }] },
  );
  expect(await textOf(shipped, "/etc/passwd")).toBe(text);
});

describe("scripts that are not understood", () => {
  test("are refused for a package that ships", async () => {
    await expect(ship({ app: { ...app, scripts: { postinst: unknown } } })).rejects.toMatchObject({
      code: "unknown-effect",
      what: "deciding what the scripts of app:amd64 would do",
      why: expect.stringContaining("postinst of app:amd64:3: frobnicate --now /etc/app\n") as string,
      hint: expect.stringContaining('effects: {app: {ignore: "why"}}') as string,
    });
  });

  test.each<{ summary: string; samples: Samples; plan?: Partial<ImagePlan> }>([
    {
      summary: "don't matter for one that was never unpacked",
      samples: { app, never: { ...never, scripts: { postinst: unknown } } },
    },
    {
      summary: "don't matter for one of which nothing ships",
      samples: {
        app,
        doc: { data: { "/usr/share/doc/doc/x": "x" }, scripts: { postinst: unknown } },
      },
    },
    {
      summary: "are passed over where the spec says why",
      samples: { app: { ...app, scripts: { postinst: unknown } } },
      plan: { ignoredEffects: { app: "it frobnicates" } },
    },
  ])("$summary", async ({ samples, plan }) => {
    expect((await ship(samples, plan)).packages).toEqual(["app:amd64"]);
  });
});

describe("what triggers would build", () => {
  const interested = (trigger: string): Sample => ({
    ...app,
    files: { triggers: `interest-noawait ${trigger}\n` },
  });
  const schemas = "/usr/share/glib-2.0/schemas";

  test("is told where an image would miss it", async () => {
    await expect(ship({ app: interested(schemas) })).rejects.toMatchObject({
      code: "unknown-effect",
      what: "building what the triggers of app:amd64 ask for",
      why: "glib-schemas (app:amd64): the compiled settings schemas of GLib isn't modelled",
      hint: expect.stringContaining("effects: {app: {ignore:") as string,
    });
  });

  test.each<[string, Samples, Partial<ImagePlan>]>([
    [
      "the spec says that the image doesn't need it",
      { app: interested(schemas) },
      { ignoredEffects: { app: "no settings" } },
    ],
    ["the package doesn't ship", { app, never: { ...never, files: interested(schemas).files ?? {} } }, {}],
    ["nothing misses it", { app: interested("/usr/share/mime/packages") }, {}],
  ])("is left out where %s", async (_summary, samples, plan) => {
    expect((await ship(samples, plan)).packages).toContain("app:amd64");
  });
});

describe("what is missing", () => {
  const loader = "/lib64/ld-linux-x86-64.so.2";
  const dynamic = (...needed: string[]): Sample => {
    return {
      data: { "/usr/bin/app": executable(elfOf({ interpreter: loader, needed, type: "executable" })) },
    };
  };

  test.each<{ summary: string; samples: Samples; plan?: Partial<ImagePlan>; why: RegExp; hint: RegExp }>([
    {
      summary: "a library",
      samples: { app: dynamic("libgone.so.3") },
      why: /library libgone\.so\.3, needed by \/usr\/bin\/app \(DT_NEEDED libgone\.so\.3\)/,
      hint: /add the package that supplies it to `packages`/,
    },
    {
      summary: "the program",
      samples: { other: { data: { "/usr/bin/other": executable(staticProgram) } } },
      why: /program \/usr\/bin\/app, needed by entrypoint/,
      hint: /check `entrypoint`/,
    },
    {
      summary: "an account",
      samples: { app },
      plan: { config: { User: "nosuch", Entrypoint: ["/usr/bin/app"] } },
      why: /account nosuch in \/etc\/passwd, needed by user/,
      hint: /to `packages`, `copy` or `users`/,
    },
  ])("$summary", async ({ samples, plan, why, hint }) => {
    const shipping = ship(samples, plan);
    await expect(shipping).rejects.toMatchObject({ code: "missing-dependency" });
    await expect(shipping).rejects.toThrow(why);
    await expect(shipping).rejects.toMatchObject({ hint: expect.stringMatching(hint) as string });
  });
});
