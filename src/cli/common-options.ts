// Options that every command takes.

export const commonOptions = {
  "cache-dir": {
    kind: "text",
    value: "DIR",
    summary: "the cache folder (DISTILL_CACHE_DIR; else distill in XDG_CACHE_HOME or ~/.cache)",
  },
  progress: {
    kind: "choice",
    value: "MODE",
    choices: ["auto", "tty", "plain", "json"],
    default: "auto",
    summary: "how progress is shown on stderr; auto: tty on a terminal, else plain",
  },
  quiet: { kind: "flag", short: "q", summary: "no progress; only warnings and errors" },
  help: { kind: "flag", short: "h", summary: "show this help" },
} as const;
