// Sizes, times and digests for people.

/** "0 B", "999 B", "1.2 MB": SI units, three significant digits at most. */
export function formatSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to 1000.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ""}`;
}

/** "0.04 s", "1.2 s", "42 s", "3 min 5 s". */
export function formatTime(timeMs: number): string {
  const seconds = Math.max(timeMs, 0) / 1000;
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${seconds.toFixed(0)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** "sha256:" and twelve digits: enough to tell the layers of an image apart. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 19);
}
