// Signals of Linux, as STOPSIGNAL names them (signal(7); github.com/moby/sys/signal).

const names: ReadonlySet<string> = new Set([
  ...[
    "ABRT",
    "ALRM",
    "BUS",
    "CHLD",
    "CLD",
    "CONT",
    "FPE",
    "HUP",
    "ILL",
    "INT",
    "IO",
    "IOT",
    "KILL",
    "PIPE",
    "POLL",
  ],
  ...["PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG"],
  ...["USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX"],
  ...Array.from({ length: 15 }, (_, index) => `RTMIN+${index + 1}`),
  ...Array.from({ length: 14 }, (_, index) => `RTMAX-${index + 1}`),
]);

/** "SIGTERM", "term", "15". */
export function isSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) !== 0;
  return names.has(text.toUpperCase().replace(/^SIG/, ""));
}

export const signalNames: readonly string[] = [...names].map((name) => `SIG${name}`);
