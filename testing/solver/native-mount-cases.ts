// Mounts of real steps: of stages and contexts, caches, memory, secrets, agents, certificates (native-cases.ts).
import { createServer } from "node:net";
import { join } from "node:path";
import { type Vertex, vertexOf } from "../../src/graph/vertex.ts";
import { bindMount, cacheMount, merge, type NativeCase } from "./native-world.ts";

export const mountCases: readonly NativeCase[] = [
  {
    summary: "bound: a part of the context, a stage, one file; read-only, or written and dropped",
    run: async (world) => {
      world.write("docs/a", "of the context");
      world.write("single", "one file");
      const stage = world.sh("mkdir -p /out/x && echo built > /out/x/y && ln -s out /link", [world.base]);
      const script = [
        "cat /docs/a /one /built/x/y",
        "echo >> /docs/a && echo written || echo refused",
        "echo >> /one && echo written || echo refused",
        "echo more > /rw/b && ls /rw",
      ].join("; ");
      const top = world.sh(`(${script}) 2>/dev/null`, [world.base, world.context, stage], {
        mounts: [
          bindMount("/docs", "/docs"),
          bindMount("/single", "/one"),
          bindMount("/docs", "/rw", true),
          { ...bindMount("/link", "/built"), input: 2 } as never,
        ],
      });
      const { layer, lines } = await world.build(top);
      return { layer, lines };
    },
    expected: { layer: {}, lines: ["of the contextone filebuilt", "refused", "refused", "a", "b"] },
  },
  {
    summary: "tmpfs, secrets and agents leave nothing",
    run: async (world) => {
      const socket = join(world.folder, "agent.sock");
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(socket, resolve));
      const owner = { uid: 0, gid: 0 };
      const top = world.sh(
        "echo x > /t/x; cat /run/secrets/s; echo $TOKEN; stat -c '%a %u' /run/secrets/s; test -S $SSH_AUTH_SOCK && echo agent; ls /run/secrets",
        [world.base],
        {
          mounts: [
            { kind: "tmpfs", target: "/t", sizeBytes: 1_000_000 },
            {
              kind: "secret",
              id: "s",
              target: "/run/secrets/s",
              variable: "TOKEN",
              required: true,
              mode: 0o440,
              ...owner,
            },
            {
              kind: "secret",
              id: "none",
              target: "/run/secrets/none",
              required: false,
              mode: 0o400,
              ...owner,
            },
            { kind: "ssh", id: "default", target: "/run/agent", required: true, mode: 0o600, ...owner },
          ],
        },
      );
      const { layer, lines } = await world.build(top, {
        secrets: new Map([["s", { read: () => Promise.resolve(Buffer.from("hush\n")) }]]),
        agents: new Map([["default", socket]]),
      });
      server.close();
      return { layer, lines };
    },
    expected: { layer: {}, lines: ["hush", "hush", "440 0", "agent", "s"] },
  },
  {
    summary: "certificates of steps are beside the image's, and in no result",
    run: async (world) => {
      const top = world.sh(
        "grep -c BEGIN /etc/ssl/certs/ca-certificates.crt; tail -1 /etc/ssl/certs/ca-certificates.crt; cat $NODE_EXTRA_CA_CERTS",
        [world.base],
      );
      const { layer, lines } = await world.build(top, { stepCertificates: Buffer.from("OUR ROOT\n") });
      const bare = vertexOf(
        {
          kind: "file",
          actions: [{ kind: "rm", path: "/etc/ssl", allowNotFound: false, allowWildcard: false }],
        },
        [world.base],
        { name: "rm" },
      );
      const without = await world.build(world.sh("cat $SSL_CERT_FILE", [bare]), {
        stepCertificates: Buffer.from("OUR ROOT\n"),
      });
      return { layer, lines: lines.slice(1), many: Number(lines[0]) > 50, without: without.lines };
    },
    expected: { layer: {}, lines: ["OUR ROOT", "OUR ROOT"], many: true, without: ["OUR ROOT"] },
  },
  {
    summary: "stages run at the same time, and share a cache",
    run: async (world) => {
      const meet = (own: string, other: string): Vertex =>
        world.sh(
          `touch /cache/${own}; for i in $(seq 200); do test -e /cache/${other} && exit 0; sleep 0.05; done; exit 9`,
          [world.base],
          {
            mounts: [cacheMount("meeting", "shared")],
          },
        );
      const { done } = await world.build(merge(meet("a", "b"), meet("b", "a")));
      return done;
    },
    expected: 3,
  },
  {
    summary: "a locked cache is one step's at a time",
    run: async (world) => {
      const one = (name: string): Vertex =>
        world.sh(
          `mkdir /cache/lock || exit 8; echo ${name} >> /cache/log; sleep 0.2; rmdir /cache/lock`,
          [world.base],
          {
            mounts: [cacheMount("locked", "locked")],
          },
        );
      await world.build(merge(one("a"), one("b"), one("c")));
      const look = world.sh("sort /cache/log | tr -d '\\n'", [world.base], {
        mounts: [cacheMount("locked", "shared")],
      });
      return (await world.build(look)).lines;
    },
    expected: ["abc"],
  },
  {
    summary: "a private cache is each step's own, and is there again",
    run: async (world) => {
      const mounts = [cacheMount("private", "private")];
      // Each waits until both have begun.
      const meeting = cacheMount("begun", "shared", { target: "/begun" });
      const one = (own: string, other: string): Vertex =>
        world.sh(
          `touch /begun/${own}; for i in $(seq 200); do test -e /begun/${other} && break; sleep 0.05; done; echo ${own} >> /cache/log; cat /cache/log`,
          [world.base],
          { mounts: [...mounts, meeting] },
        );
      const first = await world.build(merge(one("a", "b"), one("b", "a")));
      const again = await world.build(world.sh("wc -l < /cache/log", [world.base], { mounts }));
      return { first: first.lines.toSorted(), again: again.lines };
    },
    expected: { first: ["a", "b"], again: ["1"] },
  },
  {
    summary: "a cache begins with what it is given, has its mode, and can be read-only",
    run: async (world) => {
      world.write("seed/file", "seed");
      const top = world.sh(
        "cat /cache/file; stat -c %a /empty; touch /ro/x 2>/dev/null || echo refused",
        [world.base, world.context],
        {
          mounts: [
            cacheMount("seeded", "shared", { input: 1, source: "/seed" }),
            cacheMount("moded", "shared", { target: "/empty", mode: 0o700 }),
            cacheMount("ro", "shared", { target: "/ro", readOnly: true }),
          ],
        },
      );
      const { layer, lines } = await world.build(top);
      return { layer, lines };
    },
    expected: { layer: {}, lines: ["seed700", "refused"] },
  },
  {
    summary: "namespaces keep caches apart",
    run: async (world) => {
      const mounts = [cacheMount("apart", "shared")];
      await world.build(
        world.sh("touch /cache/mine", [world.base], { mounts }),
        {},
        { cacheNamespace: "one" },
      );
      const look = (n: string): Vertex => world.sh(`ls /cache # ${n}`, [world.base], { mounts });
      const other = await world.build(look("1"), {}, { cacheNamespace: "two" });
      const same = await world.build(look("2"), {}, { cacheNamespace: "one" });
      return { other: other.lines, same: same.lines };
    },
    expected: { other: [], same: ["mine"] },
  },
];
