// Sizes and ages as people type them.
import { InvalidInput } from "../base/diagnostics.ts";

const sizeUnits: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const ageUnits: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Bytes of "500MB", "2GiB", "0". @throws InvalidInput */
export function parseSize(text: string, option: string): number {
  return Math.round(parseQuantity(text, sizeUnits, option, "a size such as 500MB or 2GiB"));
}

/** Milliseconds of "30d", "12h", "90m". @throws InvalidInput */
export function parseAge(text: string, option: string): number {
  return parseQuantity(text, ageUnits, option, "an age such as 30d, 12h or 90m");
}

function parseQuantity(
  text: string,
  units: Readonly<Record<string, number>>,
  option: string,
  expected: string,
): number {
  const [, number = "", unit = ""] = /^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
  const factor = new Map(Object.entries(units)).get(unit.toLowerCase());
  const value = Number(number) * (factor ?? (Number(number) === 0 ? 1 : Number.NaN));
  if (number !== "" && Number.isFinite(value)) return value;
  const message = `--${option} takes ${expected}; not ${text}`;
  throw new InvalidInput([{ severity: "error", rule: "wrong-quantity", message }]);
}
