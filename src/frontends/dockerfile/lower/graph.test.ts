import { describe, expect, test } from "vitest";
import { type Given, lowered, shownGraph } from "../../../../testing/lowering.ts";
import { digestOf } from "../../../base/digest.ts";

/** Expected lines, one a vertex, without the indentation that they have here. */
const graph = (text: string): string => `${text.replaceAll(/^ +/gm, "").trimEnd()}\n`;

const cases: readonly (readonly [name: string, file: string, expected: string, given?: Given])[] = [
  [
    "the shell form, the exec form, and another shell",
    'FROM a\nRUN b  $c\nRUN ["d", "$e"]\nSHELL ["/bin/bash", "-euc"]\nRUN f',
    `
      0 image docker.io/library/a:latest linux/amd64 | [1/4] FROM docker.io/library/a:latest
      1 exec 0: "/bin/sh" "-c" "b  $c" in / | [2/4] RUN b  $c
      2 exec 1: "d" "$e" in / | [3/4] RUN ["d", "$e"]
      3 exec 2: "/bin/bash" "-euc" "f" in / | [4/4] RUN f
    `,
  ],
  [
    "a working directory, made with the user's rights, and relative to the last",
    "FROM scratch\nWORKDIR /a\nUSER b:1\nWORKDIR c/../d/\nRUN e\nWORKDIR /",
    `
      0 scratch
      1 file 0: mkdir /a 755 | [1/4] WORKDIR /a
      2 file 1: mkdir /a/d 755 owner "b":1 | [2/4] WORKDIR c/../d/
      3 exec 2: "/bin/sh" "-c" "e" in /a/d as b:1 | [3/4] RUN e
    `,
  ],
  [
    "copies with all their flags",
    'FROM scratch\nWORKDIR /w\nCOPY --chown=a:b --chmod=0755 --exclude=*.md --exclude=x c d/ e/\nCOPY --parents f/./g/*.txt h /i\nCOPY ["j k", "."]',
    `
      0 scratch
      1 file 0: mkdir /w 755 | [1/4] WORKDIR /w
      2 local context c d f/g/*.txt h j k | [internal] load build context
      3 file 1 2: copy 1:/c -> /w/e/ mode 0755 !*.md !x owner "a":"b"; copy 1:/d -> /w/e/ mode 0755 !*.md !x owner "a":"b" | [2/4] COPY --chown=a:b --chmod=0755 --exclude=*.md --exclude=x c d/ e/
      4 file 3 2: copy 1:/f/./g/*.txt -> /i parents; copy 1:/h -> /i parents | [3/4] COPY --parents f/./g/*.txt h /i
      5 file 4 2: copy 1:/j k -> /w/ | [4/4] COPY [j k, .]
    `,
  ],
  [
    "additions: archives, URLs and repositories",
    `FROM scratch
ADD a.tar /b
ADD --unpack=false a.tar /c
ADD --checksum=${digestOf("x")} https://host.test/d/e.tar.gz?f /g/
ADD --unpack https://host.test/ /h
ADD --keep-git-dir --link https://host.test/r.git#main:sub /i
ADD git@host.test:r.git?tag=v1&checksum=abc /j`,
    `
      0 scratch
      1 local context a.tar | [internal] load build context
      2 file 0 1: copy 1:/a.tar -> /b unpack | [1/6] ADD a.tar /b
      3 file 2 1: copy 1:/a.tar -> /c | [2/6] ADD --unpack=false a.tar /c
      4 http https://host.test/d/e.tar.gz?f as e.tar.gz 600 =${digestOf("x")} | [3/6] ADD --checksum=${digestOf("x")} https://host.test/d/e.tar.gz?f /g/
      5 file 3 4: copy 1:/e.tar.gz -> /g/ exactly | [3/6] ADD --checksum=${digestOf("x")} https://host.test/d/e.tar.gz?f /g/
      6 http https://host.test/ as __unnamed__ 600 | [4/6] ADD --unpack https://host.test/ /h
      7 file 5 6: copy 1:/__unnamed__ -> /h exactly unpack | [4/6] ADD --unpack https://host.test/ /h
      8 git https://host.test/r.git#main:sub keep | [5/6] ADD --keep-git-dir --link https://host.test/r.git#main:sub /i
      9 file 0 8: copy 1:/ -> /i exactly | [5/6] ADD --keep-git-dir --link https://host.test/r.git#main:sub /i
      10 merge 7 9 | [5/6] LINK ADD --keep-git-dir --link https://host.test/r.git#main:sub /i
      11 git git@host.test:r.git#refs/tags/v1=abc | [6/6] ADD git@host.test:r.git?tag=v1&checksum=abc /j
      12 file 10 11: copy 1:/ -> /j exactly | [6/6] ADD git@host.test:r.git?tag=v1&checksum=abc /j
    `,
  ],
  [
    "a layer of its own, unless modes change",
    "FROM a AS b\nFROM scratch\nCOPY --link --from=b c d\nCOPY --link --chmod=1 --from=0 e f",
    `
      0 scratch
      1 image docker.io/library/a:latest linux/amd64 | [b 1/1] FROM docker.io/library/a:latest
      2 file 0 1: copy 1:/c -> /d | [stage-1 1/2] COPY --link --from=b c d
      3 merge 0 2 | [stage-1 1/2] LINK COPY --link --from=b c d
      4 file 3 1: copy 1:/e -> /f mode 1 | [stage-1 2/2] COPY --link --chmod=1 --from=0 e f
    `,
  ],
  [
    "here-documents of copies",
    "FROM scratch\nENV a=b\nCOPY <<x <<-'y' /c/\n1 $a \"'\nx\n\t2 $a\n\ty",
    `
      0 scratch
      1 file 0: mkfile /x 644 "1 b \\"'\\n" | [internal] preparing inline document
      2 file 0: mkfile /y 644 "2 $a\\n" | [internal] preparing inline document
      3 file 0 1 2: copy 1:/x -> /c/ exactly; copy 2:/y -> /c/ exactly | [1/1] COPY <<x <<-y /c/
    `,
  ],
  [
    "here-documents of steps: scripts, programs, what a shell reads",
    "FROM a\nRUN <<E\nb\nc\nE\nRUN <<-E\n\t#!/bin/x\n\td\nE\nRUN e <<E > f\ng\nE",
    `
      0 image docker.io/library/a:latest linux/amd64 | [1/4] FROM docker.io/library/a:latest
      1 exec 0: "/bin/sh" "-c" "b\\nc\\n" in / | [2/4] RUN <<E (b...)
      2 scratch
      3 file 2: mkfile /E 755 "#!/bin/x\\nd\\n" | [internal] preparing inline document
      4 exec 1 3: "/bin/sh" "-c" "/dev/pipes/E" in / [bind 1:/ -> /dev/pipes/] | [3/4] RUN <<-E (#!/bin/x...)
      5 exec 4: "/bin/sh" "-c" "e <<E > f\\ng\\nE" in / | [4/4] RUN e <<E > f
    `,
  ],
  [
    "mounts with their defaults",
    "FROM a\nWORKDIR /w\nRUN --mount=target=b --mount=type=cache,target=/c/ --mount=type=tmpfs,dst=d,size=1m --mount=type=secret,id=e --mount=type=ssh f",
    `
      0 image docker.io/library/a:latest linux/amd64 | [1/3] FROM docker.io/library/a:latest
      1 file 0: mkdir /w 755 | [2/3] WORKDIR /w
      2 local context | [internal] load build context
      3 exec 1 2: "/bin/sh" "-c" "f" in /w [bind 1:/ -> /w/b] [cache /c shared -> /c/ 755 0:0] [tmpfs /w/d 1048576] [secret e -> /run/secrets/e 400 0:0] [ssh default -> /run/buildkit/ssh_agent.0 600 0:0] | [3/3] RUN --mount=target=b --mount=type=cache,target=/c/ --mount=type=tmpfs,dst=d,size=1m --mount=type=secret,id=e --mount=type=ssh f
    `,
  ],
  [
    "mounts with all that they can say",
    `FROM a AS s
FROM a
ENV x=/v
RUN --mount=from=s,src=y,target=$x,rw --mount=type=bind,from=i,target=/z --mount="type=cache,id=c,from=s,source=p,target=/q,sharing=locked,mode=0700,uid=1,gid=2,ro" b
RUN --mount=type=secret,id=t,target=/t,env=T,required,mode=444,uid=3 --mount=type=secret,id=u,env=U --mount=type=ssh,id=k,target=/k,required=true,gid=4 echo $T $U $x`,
    `
      0 image docker.io/library/a:latest linux/amd64 | [stage-1 1/3] FROM docker.io/library/a:latest
      1 image docker.io/library/i:latest linux/amd64 | FROM docker.io/library/i:latest
      2 exec 0 0 1: "/bin/sh" "-c" "b" in / [bind 1:/y -> /v rw] [bind 2:/ -> /z] [cache c locked from 1:/p -> /q 700 1:2 ro] | [stage-1 2/3] RUN --mount=from=s,src=y,target=/v,rw --mount=type=bind,from=i,target=/z --mount="type=cache,id=c,from=s,source=p,target=/q,sharing=locked,mode=0700,uid=1,gid=2,ro" b
      3 exec 2: "/bin/sh" "-c" "echo $T $U $x" in / [secret t -> /t 444 3:0 $T required] [secret u $U] [ssh k -> /k 600 0:4 required] | [stage-1 3/3] RUN --mount=type=secret,id=t,target=/t,env=T,required,mode=444,uid=3 --mount=type=secret,id=u,env=U --mount=type=ssh,id=k,target=/k,required=true,gid=4 echo **** **** /v
    `,
  ],
  [
    "networks and names of machines",
    "FROM a\nRUN --network=none b\nRUN --network=host c",
    `
      0 image docker.io/library/a:latest linux/amd64 | [1/3] FROM docker.io/library/a:latest
      1 exec 0: "/bin/sh" "-c" "b" in / network none on h | [2/3] RUN --network=none b
      2 exec 1: "/bin/sh" "-c" "c" in / network host on h | [3/3] RUN --network=host c
    `,
    { buildArgs: new Map([["BUILDKIT_SANDBOX_HOSTNAME", "h"]]) },
  ],
  [
    "what the target needs alone",
    "FROM absent AS a\nFROM b AS c\nRUN d\nFROM c AS e\nRUN f\nFROM a",
    `
      0 image docker.io/library/b:latest linux/amd64 | [c 1/2] FROM docker.io/library/b:latest
      1 exec 0: "/bin/sh" "-c" "d" in / | [c 2/2] RUN d
      2 exec 1: "/bin/sh" "-c" "f" in / | [e 1/1] RUN f
    `,
    { target: "E" },
  ],
  [
    "platforms of machine and target",
    "FROM --platform=$BUILDPLATFORM a AS b\nARG TARGETARCH\nRUN c\nFROM a\nCOPY --from=b d e\nRUN f",
    `
      0 image docker.io/library/a:latest linux/arm64 | [linux/arm64 stage-1 1/3] FROM docker.io/library/a:latest
      1 image docker.io/library/a:latest linux/amd64 | [linux/amd64 b 1/2] FROM docker.io/library/a:latest
      2 exec 1: "/bin/sh" "-c" "c" in / | [linux/amd64->arm64 b 2/2] RUN c
      3 file 0 2: copy 1:/d -> /e | [linux/arm64 stage-1 2/3] COPY --from=b d e
      4 exec 3: "/bin/sh" "-c" "f" in / linux/arm64 | [linux/arm64 stage-1 3/3] RUN f
    `,
    { platforms: ["linux/arm64/v8", "linux/amd64"] },
  ],
  [
    "triggers of an image and of a stage, before other instructions",
    "FROM a AS b\nONBUILD RUN c\nRUN d\nFROM b\nRUN e",
    `
      0 image docker.io/library/a:latest linux/amd64 | [b 1/2] FROM docker.io/library/a:latest
      1 image docker.io/library/x:latest linux/amd64 | FROM docker.io/library/x:latest
      2 file 0 1: copy 1:/y -> /z | [b 2/4] ONBUILD COPY --from=x y z
      3 exec 2: "/bin/sh" "-c" "d" in / | [b 3/4] RUN d
      4 exec 3: "/bin/sh" "-c" "c" in / | [stage-1 1/2] ONBUILD RUN c
      5 exec 4: "/bin/sh" "-c" "e" in / | [stage-1 2/2] RUN e
    `,
    { images: { "docker.io/library/a:latest": { config: { OnBuild: ["COPY --from=x y z", "ENV q=r"] } } } },
  ],
  [
    "contexts in the place of images, stages and the context",
    "FROM alpine:3 AS a\nCOPY b c\nFROM scratch AS d\nRUN e\nFROM scratch\nCOPY --from=d f g\nCOPY --from=alpine:latest h i\nCOPY --from=a j k\nCOPY l /",
    `
      0 scratch
      1 local folder f | [context folder] load from client
      2 file 0 1: copy 1:/f -> /g | [stage-2 1/4] COPY --from=d f g
      3 git https://host.test/r.git | [context alpine:latest] https://host.test/r.git
      4 file 2 3: copy 1:/h -> /i | [stage-2 2/4] COPY --from=alpine:latest h i
      5 image docker.io/library/other:1 linux/amd64 | [context alpine:3] docker.io/library/other:1
      6 local main b l !*.md | [context main] load from client
      7 file 5 6: copy 1:/b -> /c | [a 1/2] COPY b c
      8 file 4 7: copy 1:/j -> /k | [stage-2 3/4] COPY --from=a j k
      9 file 8 6: copy 1:/l -> / | [stage-2 4/4] COPY l /
    `,
    {
      contexts: new Map([
        ["context", { kind: "local", name: "main" } as const],
        ["alpine:3", { kind: "image", reference: "other:1" } as const],
        ["alpine", { kind: "git", url: "https://host.test/r.git" } as const],
        ["d", { kind: "local", name: "folder" } as const],
      ]),
      ignorePatterns: (name) => Promise.resolve(name === "main" ? ["*.md"] : []),
    },
  ],
];

describe("graphs", () => {
  const rows = cases.map(([name, file, expected, given = {}]) => [name, file, expected, given] as const);
  test.each(rows)("%s", async (_name, file, expected, given) => {
    expect(shownGraph(await lowered(file, given))).toBe(graph(expected));
  });
});
