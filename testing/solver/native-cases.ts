// Real steps and what comes of them, for every user that may run them. Each case has a cache of its own.
import { cacheImageOf, importedCache } from "../../src/engines/native/solver/cache-artifact.ts";
import { imageOf } from "../../src/engines/native/solver/image.ts";
import { solveAll } from "../../src/engines/native/solver/solve.ts";
import type { BuildTarget, Vertex } from "../../src/graph/vertex.ts";
import { vertexOf } from "../../src/graph/vertex.ts";
import { mountCases } from "./native-mount-cases.ts";
import {
  bindMount,
  failureOf,
  type IdentityKind,
  merge,
  type NativeCase,
  type NativeWorld,
} from "./native-world.ts";

const never = new AbortController().signal;
export const nativeCases: readonly NativeCase[] = [
  ...mountCases,
  {
    summary: "the environment is what the operation says, PATH, HOME and nothing else",
    run: async (world) => {
      const top = world.sh("env | grep -v -e ^SHLVL -e ^PWD | sort", [world.base], {
        env: ["A=1", "B=two words", "A=3"],
      });
      return (await world.build(top)).lines;
    },
    expected: [
      "A=3",
      "B=two words",
      "HOME=/root",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ],
  },
  {
    summary: "users by name and number, with their groups and homes",
    run: async (world) => {
      const lines: string[] = [];
      for (const user of ["", "daemon", "1", "daemon:mail", "12:34", "99"]) {
        const top = world.sh("echo $(id -u):$(id -g) $(id -G) $HOME", [world.base], { user });
        lines.push(...(await world.build(top)).lines);
      }
      return lines;
    },
    expected: (kind: IdentityKind) =>
      kind === "single"
        ? undefined
        : [
            "0:0 0 1 2 3 4 6 10 11 20 26 27 /root",
            "2:2 2 1 4 /sbin",
            "1:1 1 2 3 /bin",
            "2:12 12 /sbin",
            "12:34 34 /",
            "99:0 0 /",
          ],
  },
  {
    summary: "users of the stage as it is: added, and gone with a folder that was made anew",
    run: async (world) => {
      const added = world.sh("echo app:x:70:71::/srv:/bin/sh >> /etc/passwd; touch /etc/more", [world.base]);
      const touched = world.sh("touch /etc/even-more", [added]);
      const known = await world.build(world.sh("id -u; echo $HOME", [touched], { user: "app:0" }));
      const actions = [
        { kind: "rm", path: "/etc", allowNotFound: false, allowWildcard: false },
        { kind: "mkfile", path: "/etc/other", mode: 0o644, data: "" },
      ] as const;
      const folder = { kind: "mkdir", path: "/etc", mode: 0o755, parents: false } as const;
      const operation = { kind: "file" as const, actions: [actions[0], folder, actions[1]] };
      const anew = vertexOf(operation, [touched], { name: "make /etc anew" });
      const gone = await world.build(world.sh("id -u; echo $HOME", [anew], { user: "70:0" }));
      return { known: known.lines, gone: gone.lines };
    },
    expected: (kind: IdentityKind) =>
      kind === "single" ? undefined : { known: ["70", "/srv"], gone: ["70", "/"] },
  },
  {
    summary: "a working folder is made, and stays",
    run: async (world) =>
      (await world.build(world.sh("pwd; echo x > file", [world.base], { workingDir: "/a/b" }))).layer,
    expected: { "/a": "directory 0755", "/a/b": "directory 0755", "/a/b/file": "file 0644 73cb3858" },
  },
  {
    summary: "hard links, modes, set-id bits, empty files and folders",
    run: async (world) => {
      const script =
        "mkdir -m 1777 /d && echo x > /d/a && ln /d/a /d/b && : > /d/empty && install -m 4711 /d/a /d/set && mkdir /d/e && ln -s ../x /d/l && mkfifo -m 600 /d/p";
      return (await world.build(world.sh(script, [world.base]))).layer;
    },
    expected: {
      "/d": "directory 1777",
      "/d/a": "file 0644 73cb3858",
      "/d/b": "file 0644 73cb3858",
      "/d/e": "directory 0755",
      "/d/empty": "file 0644 empty",
      "/d/l": "symlink 0777 -> ../x",
      "/d/p": "fifo 0600",
      "/d/set": "file 4711 73cb3858",
    },
  },
  {
    summary: "what is removed is hidden, what is made again hides what was there",
    run: async (world) => {
      const first = world.sh("mkdir /d /e && echo 1 > /d/one && echo 2 > /e/two", [world.base]);
      const { layer, solved } = await world.build(
        world.sh("rm /d/one && rm -r /e && mkdir /e && echo 3 > /e/three", [first]),
      );
      return {
        names: Object.keys(layer).filter((name) => !name.startsWith("/d.") && name !== "/d"),
        two: await world.read(solved, "/e/two"),
      };
    },
    expected: { names: ["/d/.wh.one", "/e", "/e/.wh..wh..opq", "/e/three"], two: "not a file" },
  },
  {
    summary: "owners that a step gives are there in the next one",
    run: async (world) => {
      const first = world.sh("echo x > /f && chown 1000:1001 /f", [world.base]);
      const { layer, lines } = await world.build(world.sh("stat -c %u:%g /f && cp -p /f /g", [first]));
      return { lines, copied: layer["/g"] };
    },
    expected: (kind: IdentityKind) =>
      kind === "single" ? undefined : { lines: ["1000:1001"], copied: "file 0644 1000:1001 73cb3858" },
  },
  {
    summary: "names of hosts, and no network where none is wanted",
    run: async (world) => {
      const top = world.sh(
        "cat /etc/hosts; hostname; ls /sys/class/net | wc -l; cat /etc/resolv.conf | wc -c",
        [world.base],
        {
          network: "none",
          hostname: "builder",
          extraHosts: ["db.test=10.0.0.5", "six=::1"],
        },
      );
      const { layer, lines } = await world.build(top);
      return { layer, lines };
    },
    expected: {
      layer: {},
      lines: [
        "127.0.0.1\tlocalhost builder",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "10.0.0.5\tdb.test",
        "::1\tsix",
        "builder",
        "1",
        "0",
      ],
    },
  },
  {
    summary: "a failure tells the exit code and what was printed; a signal its name",
    run: async (world) => {
      const code = await failureOf(world.build(world.sh("echo to the end; exit 7", [world.base])));
      const signal = await failureOf(world.build(world.sh("kill -TERM $$; sleep 5", [world.base])));
      return [code, signal];
    },
    expected: [
      { code: "step-failed", why: "the command ended with exit code 7\nit printed last:\n  to the end" },
      { code: "step-failed", why: "the command was ended by SIGTERM\nit printed nothing" },
    ],
  },
  {
    summary: "an interrupt ends the step with all that it started, and nothing is kept",
    run: async (world) => {
      const stop = new AbortController();
      const top = world.sh("sleep 60 & sleep 60", [world.base]);
      setTimeout(() => stop.abort(new Error("interrupted by the test")), 500);
      const failed = await failureOf(world.build(top, {}, {}, stop.signal));
      const after = await world.build(world.sh("echo done", [world.base]));
      return { failed, after: after.lines };
    },
    expected: { failed: { code: "interrupted", why: "it was interrupted" }, after: ["done"] },
  },
  {
    summary:
      "an image made twice from nothing is the same with SOURCE_DATE_EPOCH, its base layers as they were",
    run: async (world, another) => {
      const digests: string[] = [];
      for (const one of [world, await another()]) {
        const top = one.sh("mkdir /d && echo x > /d/x && ln /d/x /d/y && rm /etc/motd", [one.base]);
        const services = one.services({}, { sourceDateEpoch: 1_000_000_000 });
        const [solved] = await solveAll([top], services, never);
        if (solved === undefined) throw new Error("nothing solved");
        const image = await imageOf(targetOf(top), solved, services, { compression: "gzip" });
        digests.push(image.descriptor.digest);
        if (image.layers[0]?.descriptor.digest !== one.image.layers[0]?.descriptor.digest)
          return "the base changed";
      }
      return new Set(digests).size;
    },
    expected: 1,
  },
  {
    summary: "results of another cache are found, and their layers are fetched when a step needs them",
    run: async (world, another) => {
      const build = (one: NativeWorld): Vertex =>
        one.sh("echo second >> /made", [one.sh("echo first > /made", [one.base])]);
      await world.build(build(world));
      const image = await cacheImageOf([build(world)], world.services(), never, {
        mode: "max",
        compression: "zstd",
        platform: { os: "linux", architecture: "amd64" },
      });
      const imported = importedCache(image, "exported");
      const other = await another();
      const change = { imported: imported === undefined ? [] : [imported] };
      const known = await other.build(build(other), change);
      const more = await other.build(other.sh("cat /made", [build(other)]), change);
      return { known: known.done, more: more.done, lines: more.lines };
    },
    expected: { known: 0, more: 1, lines: ["first", "second"] },
  },
  {
    summary: "what one stage changed, laid over another",
    run: async (world) => {
      const changed = world.sh("echo new > /new && rm /etc/motd", [world.base]);
      const difference = vertexOf({ kind: "diff" }, [world.base, changed], { name: "diff" });
      const { lines } = await world.build(
        world.sh("cat /new; ls /etc/motd 2>/dev/null || echo gone", [merge(world.base, difference)]),
      );
      return lines;
    },
    expected: ["new", "gone"],
  },
  {
    summary: "a step on an empty tree has no shell",
    run: async (world) => {
      const scratch = vertexOf({ kind: "scratch" }, [], { name: "scratch" });
      const { code, why } = await failureOf(world.build(world.sh("true", [scratch])));
      const mounted = world.sh("echo from a mount", [scratch, world.base], {
        argv: ["/bin/sh", "-c", "echo from a mount"],
        mounts: [bindMount("/bin", "/bin"), bindMount("/lib", "/lib")],
      });
      return { code, why: why.split("\n")[0], lines: (await world.build(mounted)).lines };
    },
    expected: {
      code: "step-failed",
      why: "the command ended with exit code 127 (there is no such command)",
      lines: ["from a mount"],
    },
  },
];

function targetOf(vertex: Vertex): BuildTarget {
  return {
    platform: "linux/amd64",
    vertex,
    config: { architecture: "amd64", os: "linux" },
    history: [{ created_by: "base" }, { created_by: "RUN" }],
  };
}
