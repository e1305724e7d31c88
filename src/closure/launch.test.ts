// Roots: what a config starts, declares, and runs as.
import { describe, expect, test } from "vitest";
import { closureOf, elf, keptFiles, program, script } from "../../testing/closures.ts";
import { directory, file, symlink } from "../../testing/trees.ts";
import { limits } from "../base/limits.ts";
import type { Entry } from "../tree/entry.ts";
import { path } from "../tree/path.ts";
import type { Closure, Launch, Missing } from "./closure.ts";
import { envProgram } from "./scripts.ts";

const loader = elf("/lib64/ld-linux-x86-64.so.2");
const base: readonly Entry[] = [
  loader,
  program("/usr/bin/app"),
  program("/usr/local/bin/app"),
  program("/usr/bin/tini"),
  program("/usr/bin/python3"),
  program("/usr/bin/env"),
  program("/bin/sh"),
  file("/usr/local/sbin/app", "not executable"),
  file("/srv/main.py", "print()"),
  file("/srv/conf/app.yaml", "a: b"),
  directory("/srv/data"),
];

function kept(launch: Partial<Launch>, entries: readonly Entry[] = base): string[] {
  const closure = closureOf(entries, { launch });
  expect(closure.missing).toEqual([]);
  return keptFiles(closure).filter((one) => one !== loader.path);
}

describe("the launch", () => {
  test.each<[string, Partial<Launch>, string[]]>([
    ["a bare name goes through PATH's default", { entrypoint: ["app"] }, ["/usr/local/bin/app"]],
    ["or the config's PATH", { entrypoint: ["app"], env: { PATH: "/none:/usr/bin" } }, ["/usr/bin/app"]],
    [
      "a relative name starts in the working directory",
      { entrypoint: ["./bin/app"], workingDir: "/usr" },
      ["/usr/bin/app"],
    ],
    ["a command without an entrypoint", { command: ["/usr/bin/app"] }, ["/usr/bin/app"]],
    [
      "a file that an argument names",
      { entrypoint: ["python3", "main.py"], workingDir: "/srv" },
      ["/srv/main.py", "/usr/bin/python3"],
    ],
    [
      "the value of an option",
      { entrypoint: ["/usr/bin/app"], command: ["--config=/srv/conf/app.yaml"] },
      ["/srv/conf/app.yaml", "/usr/bin/app"],
    ],
    [
      "a wrapper starts another program",
      { entrypoint: ["tini", "--", "python3"] },
      ["/usr/bin/python3", "/usr/bin/tini"],
    ],
    [
      "a wrapper's options and assignments are passed over",
      { entrypoint: ["env", "-i", "A=b", "python3"] },
      ["/usr/bin/env", "/usr/bin/python3"],
    ],
    ["a healthcheck", { healthcheck: ["CMD", "/usr/bin/app", "check"] }, ["/usr/bin/app"]],
    ["a healthcheck in shell form", { healthcheck: ["CMD-SHELL", "true"] }, ["/bin/sh"]],
    ["a healthcheck that is switched off", { healthcheck: ["NONE"] }, []],
    [
      "words that name nothing are just words",
      { entrypoint: ["/usr/bin/app", "serve", "-x", "/nothing.conf"] },
      ["/usr/bin/app"],
    ],
  ])("%s", (_, launch, expected) => {
    expect(kept(launch)).toEqual(expected);
  });

  test.each<[string, boolean]>([
    ["nice -n 10 app", true],
    ["nice -n10 app", true],
    ["nice -10 app", true],
    ["nice --adjustment 10 app", true],
    ["gosu app app", true],
    ["su-exec 70:70 app", true],
    ["setpriv --reuid 1000 --clear-groups app -n", true],
    ["setpriv --reuid=1000 app", true],
    ["tini -p SIGTERM app", true],
    ["tini -gp SIGTERM -- app", true],
    ["stdbuf -oL -e 0 app", true],
    ["ionice -c 3 app", true],
    ["env -i -u HOME A=b/c app", true],
    ["chroot / app", true],
    ["chroot --userspec 1:1 / app", true],
    ["dumb-init -r 15:2 app", true],
    ["tini -- gosu www app -- -x", true],
    ["nice --unknown app", false],
    ["chroot /srv app", false],
    ["gosu -x nobody app", false],
  ])("%s", (line, certain) => {
    const words = line.split(" ");
    const tools = ["nice", "gosu", "su-exec", "setpriv", "stdbuf", "ionice", "chroot", "dumb-init"];
    const entries = [...base, ...tools.map((name) => program(`/usr/bin/${name}`))];
    const there = closureOf(entries, { launch: { entrypoint: words } });
    expect([there.missing, there.unproven]).toEqual([[], []]);
    expect(keptFiles(there)).toContain("/usr/local/bin/app");
    const without = entries.filter((one) => !one.path.endsWith("bin/app"));
    const absent = closureOf(without, { launch: { entrypoint: words } });
    expect(absent.missing.map((one) => one.what)).toEqual(certain ? ["app"] : []);
    expect(absent.unproven.map((one) => [one.path, one.kind])).toEqual(
      certain ? [] : [[`/usr/bin/${words[0] ?? ""}`, "no-rule"]],
    );
  });

  test("a word among arguments is weak: it may be no more than data", () => {
    const closure = closureOf(base, { launch: { entrypoint: ["tini", "--", "app", "/usr/bin/python3"] } });
    expect(closure.reasons.get(path("/usr/bin/python3"))?.map(({ weak }) => weak)).toEqual(["named"]);
    expect(closure.reasons.get(path("/usr/local/bin/app"))?.map(({ weak }) => weak)).toEqual([undefined]);
    expect(closure.role(path("/usr/bin/python3"))).toBe("closure");
  });

  test("wrappers are followed so far and no farther", () => {
    const keptAfter = (count: number): string[] =>
      kept({ entrypoint: [...Array.from({ length: count }, () => "env"), "app"] });
    expect(keptAfter(limits.wrappersMax)).toContain("/usr/local/bin/app");
    expect(keptAfter(limits.wrappersMax + 1)).toEqual(["/usr/bin/env"]);
  });

  test("a file has each of its reasons once, however many there are", () => {
    const words = Array.from({ length: 100 }, (_, index) => `/${"./".repeat(index)}srv/main.py`);
    const closure = closureOf(base, { launch: { entrypoint: ["app", ...words, ...words] } });
    expect(closure.reasons.get(path("/srv/main.py"))).toHaveLength(words.length);
  });

  test("a wrapper that is given nothing starts nothing", () => {
    expect(kept({ entrypoint: ["env", "-i", "A=b"] })).toEqual(["/usr/bin/env"]);
  });

  test("a script given to its interpreter needs no other one; given to any other program it may be started", () => {
    const entries = [...base, script("/srv/tool", "/usr/bin/env -S sh")];
    expect(kept({ entrypoint: ["python3", "/srv/tool"] }, entries)).toEqual([
      "/srv/tool",
      "/usr/bin/python3",
    ]);
    expect(kept({ entrypoint: ["app", "/srv/tool"] }, entries)).toContain("/bin/sh");
  });

  test("a program that is not there is missing", () => {
    const closure = closureOf(base, {
      launch: { entrypoint: ["nothing"], healthcheck: ["CMD", "/usr/bin/nothing"] },
    });
    expect(closure.missing.map((one) => [one.kind, one.what, one.neededBy])).toEqual([
      ["program", "nothing", "entrypoint"],
      ["program", "/usr/bin/nothing", "healthcheck"],
    ]);
  });

  describe("a link whose target goes up leads where the folders before really are", () => {
    const entries = [
      ...base,
      symlink("/cur", "/opt/v1/x"),
      directory("/opt/v1/x"),
      program("/opt/v1/main"),
      program("/main"),
    ];
    test.each<[string, readonly Entry[], string, string[]]>([
      ["itself", [symlink("/app", "/cur/../main")], "/app", ["/app", "/cur", "/opt/v1/main"]],
      ["as a relative one", [symlink("/bin/x", ".././cur/../main")], "/bin/x", ["/bin/x", "/cur"]],
      ["among the parents", [symlink("/v1", "cur/..")], "/v1/main", ["/cur", "/opt/v1/main", "/v1"]],
    ])("%s", (_, links, entrypoint, expected) => {
      const closure = closureOf([...entries, ...links], { launch: { entrypoint: [entrypoint] } });
      const found = keptFiles(closure);
      expect(closure.missing).toEqual([]);
      expect(found).toEqual(expect.arrayContaining([...expected, "/opt/v1/main"]));
      expect(found).not.toContain("/main");
      // Without the folder that it leaves again, the path leads nowhere.
      expect(closure.reasons.has(path("/opt/v1/x"))).toBe(true);
    });

    test("and nowhere where a drop takes one of the links", () => {
      const closure = closureOf([...entries, symlink("/app", "/cur/../main")], {
        launch: { entrypoint: ["/app"] },
        drop: [{ glob: "/cur", source: "distill.yaml:1" }],
      });
      expect(closure.missing.map((one) => one.what)).toEqual(["/cur"]);
    });
  });

  test("chains of scripts, and a circle of links, come to an end", () => {
    const entries = [
      ...base,
      script("/a", "/b"),
      script("/b", "/a"),
      symlink("/c", "/d"),
      symlink("/d", "/c"),
    ];
    expect(kept({ entrypoint: ["/a"] }, entries)).toEqual(["/a", "/b"]);
    const closure = closureOf(entries, { launch: { entrypoint: ["/c"] } });
    expect(closure.missing.map((one) => one.what)).toEqual(["/c"]);
  });
});

describe("env", () => {
  test.each<[string, string | undefined]>([
    ["python3", "python3"],
    ["-S python3 -u", "python3"],
    ["-S  A=b C='d e' python3", "python3"],
    ["-iS python3", "python3"],
    ["--split-string=python3 -u", "python3"],
    ["-S -u HOME -C /tmp node", "node"],
    ['-S "/opt/my app/run" x', "/opt/my app/run"],
    ["-S A=b", undefined],
    ["-i", undefined],
    ["", undefined],
  ])("env %j starts %s", (argument, expected) => {
    expect(envProgram(argument)).toBe(expected);
  });
});

describe("accounts", () => {
  const passwd = "root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/var/www:/bin/false\n";
  const entries = [...base, file("/etc/passwd", passwd), file("/etc/group", "g"), directory("/var/www")];
  const closed = (user: string, texts: Record<string, string>): Closure =>
    closureOf(entries, { launch: { entrypoint: ["/usr/bin/app"], user }, settings: texts });
  const missing = (closure: Closure): [Missing["kind"], string][] =>
    closure.missing.map((one) => [one.kind, one.what]);
  const texts = { "/etc/passwd": passwd, "/etc/group": "www:x:33:\n" };

  test("a named user keeps its files and its home", () => {
    const closure = closed("www:www", texts);
    expect(missing(closure)).toEqual([]);
    expect(keptFiles(closure)).toEqual(expect.arrayContaining(["/etc/group", "/etc/passwd", "/var/www"]));
    expect(closure.reasons.get(path("/var/www"))?.[0]?.kind).toBe("account");
  });

  test.each<[string, [string, string][]]>([
    ["+0", []],
    ["0033:+0", []],
    ["nobody", [["account", "nobody in /etc/passwd"]]],
    ["www:staff", [["account", "staff in /etc/group"]]],
    ["4711:4711", []],
    ["", []],
  ])("user %j", (user, expected) => {
    expect(missing(closed(user, texts))).toEqual(expected);
  });

  test("a name can't be looked up in a tree without accounts, or in a file that was not read", () => {
    const bare = closureOf(base, { launch: { entrypoint: ["/usr/bin/app"], user: "www" } });
    expect(missing(bare)).toEqual([["account", "www in /etc/passwd"]]);
    const unread = closed("www", {});
    expect(missing(unread)).toEqual([]);
    expect(unread.unproven.map((one) => one.path)).toContain("/etc/passwd");
  });
});

describe("declarations", () => {
  const keep = (glob: string): { glob: string; source: string } => ({ glob, source: "distill.yaml:7" });

  test("what is kept by name is used, what a wildcard matches is shipped", () => {
    const entries = [
      ...base,
      script("/opt/tool", "/usr/bin/python3"),
      script("/opt/x/tool", "/usr/bin/env sh"),
    ];
    const closure = closureOf(entries, { keep: [keep("/opt/tool"), keep("/opt/x/**")] });
    expect(keptFiles(closure)).toEqual(
      expect.arrayContaining(["/opt/tool", "/opt/x/tool", "/usr/bin/python3"]),
    );
    expect(keptFiles(closure)).not.toContain("/bin/sh");
    expect(closure.role(path("/opt/x/tool"))).toBe("declared");
  });

  test("a glob that matches nothing is missing", () => {
    const closure = closureOf(base, { keep: [keep("/etc/nothing/**"), keep("/nowhere")] });
    expect(closure.missing.map((one) => [one.kind, one.what, one.evidence])).toEqual([
      ["declared-path", "/etc/nothing/**", "distill.yaml:7"],
      ["declared-path", "/nowhere", "distill.yaml:7"],
    ]);
  });

  test("files of the spec and of stages are kept", () => {
    const entries = [
      file("/app.conf", "c", { origins: [{ kind: "declared", what: "files" }] }),
      file("/out/app", "a", { origins: [{ kind: "stage", stage: "build" }] }),
      symlink("/later", "/run/mounted", { origins: [{ kind: "declared", what: "links" }] }),
      file("/other", "o"),
    ];
    const kept = keptFiles(closureOf(entries, {}));
    expect(kept).toEqual(expect.arrayContaining(["/app.conf", "/later", "/out/app"]));
    expect(kept).not.toContain("/other");
  });

  test("a drop leaves out, and is an error where it takes what is certainly needed", () => {
    const entries = [
      ...base.filter((one) => one.path !== path("/usr/bin/app")),
      program("/usr/bin/app", { needed: ["libx.so"], sonameStrings: ["libopt.so"] }),
      elf("/usr/lib/libx.so"),
      elf("/usr/lib/libopt.so"),
    ];
    const given = { launch: { entrypoint: ["/usr/bin/app"] } };
    const optional = closureOf(entries, { ...given, drop: [{ glob: "/usr/lib/libopt*", source: "drop" }] });
    expect(optional.missing).toEqual([]);
    expect(optional.leftOut().find((one) => one.entry.path === path("/usr/lib/libopt.so"))?.why).toBe(
      "dropped by drop",
    );
    const needed = closureOf(entries, { ...given, drop: [{ glob: "/usr/lib/**", source: "drop" }] });
    expect(needed.missing.map((one) => [one.kind, one.what, one.neededBy])).toEqual([
      ["library", "/usr/lib/libx.so", "/usr/bin/app"],
    ]);
  });
});
