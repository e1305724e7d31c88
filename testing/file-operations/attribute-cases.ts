// Cases of COPY: --chmod and --chown.
import type { CopyCase } from "./case.ts";

const file = "file 0644 a";

export const attributeCases: readonly CopyCase[] = [
  {
    summary: "chmod in digits",
    source: { "/s/a": file, "/s/t/b": "file 0755 b", "/s/l": "symlink -> a" },
    action: { source: "s", target: "/d/e", mode: "0750" },
    result: {
      "/d": "directory 0750",
      "/d/e": "directory 0750",
      "/d/e/a": "file 0750 a",
      "/d/e/l": "symlink -> a",
      "/d/e/t": "directory 0750",
      "/d/e/t/b": "file 0750 b",
    },
  },
  {
    summary: "chmod in digits with special bits",
    source: { "/a": file },
    action: { source: "a", target: "/d/b", mode: "6711" },
    result: { "/d": "directory 0711", "/d/b": "file 6711 a" },
  },
  {
    summary: "chmod with three digits",
    source: { "/a": file },
    action: { source: "a", target: "/b", mode: "600" },
    result: { "/b": "file 0600 a" },
  },
  {
    summary: "chmod of a folder that is there already",
    base: { "/d/t": "directory 0755" },
    source: { "/s/t/a": file },
    action: { source: "s", target: "/d", mode: "0700" },
    result: { "/d": "directory 0755", "/d/t": "directory 0700", "/d/t/a": "file 0700 a" },
  },
  ...(
    [
      ["u=rwX,go=rX", "0755", "0644", "0755"],
      ["u+x", "0755", "0744", "0755"],
      ["go-rwx", "0700", "0600", "0700"],
      ["a=r", "0444", "0444", "0444"],
      ["=rw,+X", "0777", "0666", "0777"],
      ["o=u", "0757", "0646", "0757"],
      ["g=u-w", "0755", "0644", "0755"],
      ["u+s,g+s,+t", "7755", "7644", "7755"],
      ["u=,g=", "0005", "0004", "0005"],
      ["+w-x", "0666", "0666", "0666"],
      ["g+X", "0755", "0644", "0755"],
      ["-X", "0644", "0644", "0644"],
      ["ugo+rw", "0777", "0666", "0777"],
      ["o+t", "0755", "0644", "0755"],
    ] as const
  ).map(
    ([mode, folder, plain, program]): CopyCase => ({
      summary: `chmod ${mode}`,
      source: { "/s/a": "file 0644 a", "/s/b": "file 0755 b", "/s/t": "directory 0755" },
      action: { source: "s", target: "/d", mode },
      result: {
        "/d": "directory 0755",
        "/d/a": `file ${plain} a`,
        "/d/b": `file ${program} b`,
        "/d/t": `directory ${folder}`,
      },
    }),
  ),
  {
    summary: "chown in numbers",
    source: { "/s/a": "file 4755 1:2 a", "/s/l": "symlink -> a", "/s/t": "directory 2755 1:1" },
    action: { source: "s", target: "/d/e", owner: { user: 10, group: 20 } },
    result: {
      "/d": "directory 0755 10:20",
      "/d/e": "directory 0755 10:20",
      "/d/e/a": "file 4755 10:20 a",
      "/d/e/l": "symlink 10:20 -> a",
      "/d/e/t": "directory 2755 10:20",
    },
  },
  {
    summary: "chown to a number alone",
    source: { "/a": file },
    action: { source: "a", target: "/b", owner: { user: 10 } },
    result: { "/b": "file 0644 10:10 a" },
  },
  {
    summary: "chown to names",
    base: {
      "/etc/group": "file 0644 root:x:0:\nstaff:x:50:\n",
      "/etc/passwd": "file 0644 root:x:0:0::/:\napp:x:70:71::/:\n",
    },
    source: { "/a": file },
    action: { source: "a", target: "/b", owner: { user: "app", group: "staff" } },
    result: {
      "/b": "file 0644 70:50 a",
      "/etc": "directory 0755",
      "/etc/group": "file 0644 root:x:0:\nstaff:x:50:\n",
      "/etc/passwd": "file 0644 root:x:0:0::/:\napp:x:70:71::/:\n",
    },
  },
  {
    summary: "a user brings its group",
    base: { "/etc/passwd": "symlink -> ../p", "/p": "file 0644 #x\n\n app:x:70:71::/:\napp:x:1:1::/:" },
    source: { "/a": file },
    action: { source: "a", target: "/b", owner: { user: "app" } },
    result: {
      "/b": "file 0644 70:71 a",
      "/etc": "directory 0755",
      "/etc/passwd": "symlink -> ../p",
      "/p": "file 0644 #x\n\n app:x:70:71::/:\napp:x:1:1::/:",
    },
  },
  {
    summary: "a folder that is there keeps its owner, one further down doesn't",
    base: { "/d": "directory 0700 1:1", "/d/t": "directory 0700 1:1" },
    source: { "/s/t/a": file },
    action: { source: "s", target: "/d", owner: { user: 5 } },
    result: { "/d": "directory 0700 1:1", "/d/t": "directory 0755 5:5", "/d/t/a": "file 0644 5:5 a" },
  },
];
