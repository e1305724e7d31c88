// Durations as Go writes and reads them (time.ParseDuration): "1h30m", "1.5s", "-2us".

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** 64 bits with a sign hold less. */
const nanosecondsEnd = 2 ** 63;

/** In nanoseconds; undefined where it is no duration. */
export function durationNanoseconds(text: string): number | undefined {
  const match = /^([+-]?)(0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/.exec(text);
  if (match?.[2] === undefined) return undefined;
  if (match[2] === "0") return 0;
  let sum = 0;
  for (const [, number = "", unit = ""] of match[2].matchAll(/(\d+(?:\.\d*)?|\.\d+)([a-z\u00b5\u03bc]+)/g)) {
    sum += Number(number) * (units[unit] ?? 0);
  }
  const value = Math.trunc(sum);
  if (value >= nanosecondsEnd) return undefined;
  return match[1] === "-" ? -value : value;
}
