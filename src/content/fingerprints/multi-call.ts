// Programs that are a whole userland in one file, and the small programs of which a userland is made.
import { type Fingerprint, goMain, needs, symbol, text } from "./fingerprint.ts";

const dotted = /\d+(?:\.\d+)+[\w.+~-]*/;

export const multiCall: readonly Fingerprint[] = [
  {
    id: "busybox",
    kind: "multi-call",
    name: "BusyBox",
    scope: "any",
    signs: [
      [{ kind: "applets", least: 25 }],
      [{ kind: "applets", least: 25 }, text("BusyBox v")],
      [{ kind: "applets", least: 25 }, text(": applet not found")],
      [{ kind: "applets", least: 25 }, text("busybox --list")],
      [{ kind: "applets", least: 25 }, text("llegal number: %s")],
      [text("BusyBox v"), text("BusyBox is a multi-call binary")],
      [text("BusyBox v"), text(": applet not found")],
    ],
    version: { after: ["BusyBox v"], pattern: dotted },
    unless: ["sbase"],
  },
  {
    // A program for each applet: with all it needs, or with what it needs in libbusybox.so.
    id: "busybox-applet",
    kind: "userland",
    name: "an applet of BusyBox",
    signs: [
      [text("BusyBox v"), text(" multi-call binary.")],
      [needs(/^libbusybox\.so/), symbol("lbb_prepare")],
    ],
    version: { after: ["BusyBox v"], pattern: dotted },
    unless: ["busybox", "busybox-ash"],
  },
  {
    id: "toybox",
    kind: "multi-call",
    name: "toybox",
    scope: "any",
    signs: [
      [text("Toybox %s multicall binary"), text("usage: toybox [")],
      [text("usage: toybox ["), text("landley.net/toybox")],
    ],
    version: { after: ["Server: toybox httpd/"], pattern: dotted },
  },
  {
    id: "uutils",
    kind: "multi-call",
    name: "uutils coreutils",
    scope: "any",
    signs: [
      [text("/src/uu/ls/src/"), text("/src/uu/cp/src/")],
      [text("/src/uu/du/src/"), text("/src/uu/rm/src/"), text("/src/uucore/src/lib/")],
      [text("/uu_ls-0."), text("/uu_cp-0.")],
    ],
  },
  {
    id: "coreutils-single",
    kind: "multi-call",
    name: "GNU coreutils in one program",
    scope: "any",
    signs: [[text("--coreutils-prog="), text("https://www.gnu.org/software/coreutils/")]],
  },
  {
    id: "u-root",
    kind: "multi-call",
    name: "u-root",
    scope: "any",
    signs: [
      [goMain(/^bb\.u-root\.com\/bb$/), text("github.com/u-root/u-root/pkg/")],
      [text("github.com/u-root/u-root/pkg/"), text("github.com/u-root/gobusybox/src/pkg/bb/bbmain")],
      [text("github.com/u-root/u-root/pkg/"), text("bb.u-root.com/bb/pkg/bbmain")],
    ],
  },
  {
    id: "u-root-command",
    kind: "userland",
    name: "a command of u-root",
    signs: [[goMain(/^github\.com\/u-root\/u-root\/cmds\//), text("github.com/u-root/u-root/pkg/")]],
    unless: ["u-root"],
  },
  {
    id: "sbase",
    kind: "multi-call",
    name: "sbase-box",
    scope: "any",
    signs: [
      [{ kind: "applets", least: 25 }, text("usage: %s [-h] [-R [-H | -L | -P]] group file ...")],
      [
        text("usage: %s [-h] [-R [-H | -L | -P]] group file ..."),
        text("usage: %s [-num | -n num] [file ...]"),
        text("usage: %s [-H | -L] path ... [expression ...]"),
      ],
    ],
  },
];

/** Told by the text that GNU's programs print of themselves. */
const coreutils = text("https://www.gnu.org/software/coreutils/");

export const userland: readonly Fingerprint[] = [
  {
    id: "coreutils",
    kind: "userland",
    name: "a program of GNU coreutils",
    signs: [[coreutils, text("GNU coreutils")]],
    // Programs that hold uutils name GNU's pages.
    unless: ["coreutils-single", "env", "chroot", "timeout", "dd", "uutils", "nushell"],
  },
  {
    id: "env",
    kind: "tool",
    name: "env (GNU coreutils)",
    signs: [[coreutils, text("Set each NAME to VALUE in the environment and run COMMAND.")]],
    unless: ["coreutils-single"],
  },
  {
    id: "chroot",
    kind: "tool",
    name: "chroot (GNU coreutils)",
    signs: [[coreutils, text("Run COMMAND with root directory set to NEWROOT.")]],
    unless: ["coreutils-single"],
  },
  {
    id: "timeout",
    kind: "tool",
    name: "timeout (GNU coreutils)",
    signs: [[coreutils, text("Start COMMAND, and kill it if still running after DURATION.")]],
    unless: ["coreutils-single"],
  },
  {
    id: "dd",
    kind: "userland",
    name: "dd (GNU coreutils)",
    signs: [[coreutils, text("Copy a file, converting and formatting according to the operands.")]],
    unless: ["coreutils-single"],
  },
  {
    id: "grep",
    kind: "userland",
    name: "GNU grep",
    signs: [[text("GNU grep"), text("GREP_COLORS")]],
  },
  {
    id: "sed",
    kind: "userland",
    name: "GNU sed",
    signs: [[text("GNU sed home page"), text("unterminated `s' command")]],
  },
  {
    id: "tar",
    kind: "tool",
    name: "GNU tar",
    signs: [[text("TAR_OPTIONS"), text("TAR_CHECKPOINT")]],
  },
  {
    id: "find",
    kind: "tool",
    name: "GNU find",
    signs: [[text("GNU findutils"), text("-execdir")]],
  },
  {
    id: "xargs",
    kind: "tool",
    name: "GNU xargs",
    signs: [[text("GNU findutils"), text("--show-limits")]],
    unless: ["find"],
  },
];
