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

/** As Go prints a duration: "1m30s", "500ms", "0s". */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  const sign = nanoseconds < 0 ? "-" : "";
  const size = Math.abs(nanoseconds);
  if (size < 1e3) return `${sign}${size}ns`;
  if (size < 1e6) return `${sign}${decimal(size, 3)}\u00b5s`;
  if (size < 1e9) return `${sign}${decimal(size, 6)}ms`;
  const whole = Math.floor(size / 1e9);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const seconds = decimal((whole % 60) * 1e9 + (size % 1e9), 9);
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : "";
  return `${sign}${head}${seconds}s`;
}

/** `value` divided by ten to the power of `places`, without zeros at the end. */
function decimal(value: number, places: number): string {
  const digits = String(value).padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return `${digits.slice(0, -places)}${fraction === "" ? "" : `.${fraction}`}`;
}
