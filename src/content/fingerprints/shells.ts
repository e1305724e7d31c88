// Shells. Programs that hold only a shell's words (checkers, highlighters) lack its symbols and messages.
import { type Fingerprint, goMain, needs, symbol, text, wide } from "./fingerprint.ts";

const dotted = /\d+(?:\.\d+)+[\w.+~-]*/;

export const shells: readonly Fingerprint[] = [
  {
    id: "bash",
    kind: "shell",
    name: "GNU bash",
    scope: "any",
    signs: [
      [symbol("shell_builtins"), symbol("eval_builtin")],
      [text("@(#)Bash version "), text("BASH_EXECUTION_STRING")],
      [text("BASH_EXECUTION_STRING"), text("make_here_document: bad instruction type %d")],
    ],
    version: { after: ["@(#)Bash version "], pattern: /\d+\.\d+(?:\.\d+)?/ },
  },
  {
    id: "dash",
    kind: "shell",
    name: "dash",
    scope: "any",
    signs: [
      [text("Illegal number: %s"), text("OPTIND=1\0", "OPTIND=1"), text("Bad for loop variable")],
      [text("Illegal number: %s"), text("Bad for loop variable"), text("Bad fd number")],
    ],
    unless: ["busybox-ash"],
  },
  {
    id: "busybox-ash",
    kind: "shell",
    name: "ash of BusyBox",
    scope: "any",
    signs: [
      [text("llegal number: %s"), text("OPTIND=1\0", "OPTIND=1"), text("BusyBox v")],
      [text("llegal number: %s"), text("OPTIND=1\0", "OPTIND=1"), { kind: "applets", least: 10 }],
      [needs(/^libbusybox\.so/), symbol("ash_main")],
      [text("built-in shell (ash)"), text("BusyBox v")],
      [text("hush built-in shell"), text("BusyBox v")],
    ],
    version: { after: ["BusyBox v"], pattern: dotted },
  },
  {
    id: "mksh",
    kind: "shell",
    name: "mksh",
    scope: "any",
    signs: [
      [text("@(#)MIRBSD KSH R"), text("KSHEGID\0", "KSHEGID")],
      [text("@(#)LEGACY KSH R"), text("KSHEGID\0", "KSHEGID")],
      [text("KSHEGID\0", "KSHEGID"), text("BASHPID\0", "BASHPID"), text("KSH_MATCH")],
    ],
    version: { after: ["@(#)MIRBSD KSH R", "@(#)LEGACY KSH R"], pattern: /\d+\w*/ },
  },
  {
    id: "ksh93",
    kind: "shell",
    name: "ksh93",
    scope: "any",
    signs: [
      [text(".sh.edchar"), text("Version AJM 93")],
      [text(".sh.edchar"), text(".sh.version")],
    ],
    version: { after: ["Version AJM 93u+"], pattern: /(?:m\/|\s)?([\w.+-]+)/ },
  },
  {
    id: "zsh",
    kind: "shell",
    name: "zsh",
    scope: "any",
    signs: [
      [text("ZSH_EVAL_CONTEXT"), text("ZSH_PATCHLEVEL")],
      [symbol("addbuiltins"), symbol("bin_notavail")],
    ],
    version: { after: ["/zsh/functions\0"], pattern: dotted },
  },
  {
    id: "fish",
    kind: "shell",
    name: "fish",
    scope: "any",
    signs: [
      [text("fish universal variable definitions."), text("fish_default_key_bindings")],
      [text("fish universal variable definitions."), wide("fish_function_path")],
      [text("FISH_DEBUG_OUTPUT"), wide("fish_function_path"), wide("fish_complete_path")],
    ],
  },
  {
    id: "tcsh",
    kind: "shell",
    name: "tcsh",
    scope: "any",
    signs: [
      [text("complete-word-fwd"), text("Variable name must begin with a letter")],
      [text("complete-word-fwd"), text("tcsh %d.%.2d.%.2d (%s)")],
    ],
  },
  {
    id: "yash",
    kind: "shell",
    name: "yash",
    scope: "any",
    signs: [
      [text("Yet another shell"), wide("YASH_AFTER_CD")],
      [text("Yet another shell"), wide("YASH_LOADPATH")],
    ],
  },
  {
    id: "elvish",
    kind: "shell",
    name: "elvish",
    scope: "any",
    signs: [
      [goMain(/^src\.elv\.sh\/cmd\//), text("src.elv.sh/pkg/eval.")],
      [text("src.elv.sh/pkg/eval."), text("src.elv.sh/pkg/shell.")],
    ],
  },
  {
    id: "go-sh",
    kind: "shell",
    name: "sh in Go (mvdan.cc/sh)",
    scope: "any",
    signs: [
      [goMain(/^mvdan\.cc\/sh\/(?:v\d+\/)?cmd\/gosh$/), text("mvdan.cc/sh/v3/interp.")],
      [text("mvdan.cc/sh/v3/interp.(*Runner)."), text("mvdan.cc/sh/v3/syntax.(*Parser).")],
    ],
  },
  {
    id: "nushell",
    kind: "shell",
    name: "Nushell",
    scope: "any",
    signs: [
      [text("crates/nu-cli/src/"), text("crates/nu-protocol/src/")],
      [text("/nu-cli-0."), text("/nu-protocol-0.")],
    ],
    version: { after: ["/nu-protocol-0."], pattern: /\d+\.\d+/ },
  },
  {
    id: "powershell",
    kind: "shell",
    name: "PowerShell",
    scope: "any",
    signs: [
      [
        text("System.Management.Automation.dll\0", "System.Management.Automation.dll"),
        text("CompiledScriptBlockData"),
      ],
    ],
  },
  {
    id: "sash",
    kind: "shell",
    name: "sash",
    scope: "any",
    signs: [[text("Stand-alone shell"), text("aliasall\0", "aliasall")]],
  },
  {
    id: "posh",
    kind: "shell",
    name: "posh",
    scope: "any",
    signs: [[text("POSH_VERSION"), text("posh_builtin_getopts: no argv")]],
  },
];
