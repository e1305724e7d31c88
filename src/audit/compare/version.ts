// Which of two versions is the later one, well enough to say "upgraded" or "downgraded". Nothing is decided by it: each
// ecosystem's own order is in deb-version(7), rpm-version(7), semver.org and PEP 440; this is what they have in common.
import { isSystemPackage, type PackageType } from "../packages/package.ts";

/** Ends what is compared; comes after a pre-release and before anything else. */
const end = "";

/** Negative where `a` is the earlier one. Zero for different spellings of one version. */
export function compareVersions(type: PackageType, a: string, b: string): number {
  const [left, right] = [partsOf(type, a), partsOf(type, b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = compareParts(left[at] ?? end, right[at] ?? end);
    if (order !== 0) return order;
  }
  return 0;
}

/** "1:2.36-9+deb12u9" as 1 2 36 - 9 + deb 12 u 9: numbers, words and the signs that have a meaning. */
function partsOf(type: PackageType, version: string): string[] {
  const [, epoch = "0", rest = ""] = /^v?(?:(\d+)[:!])?(.*)$/s.exec(version) ?? [];
  // Behind a plus, semver's build metadata; Debian's and PEP 440's count.
  const counted = type === "npm" || type === "cargo" ? rest.replace(/\+.*$/s, "") : rest;
  // A distribution's "1.0-1" comes after "1.0": the hyphen begins the packaging's count. Elsewhere it begins a pre-release.
  const signed = isSystemPackage({ type })
    ? counted.replaceAll(/_(?=alpha|beta|pre|rc)/g, "~")
    : counted.replaceAll(/-|(?<=[\d.])(?=(?:a|alpha|b|beta|c|rc|pre|dev)\d)/g, "~");
  return [epoch, ...(signed.match(/\d+|[a-z]+|~|[-+^]/gi) ?? [])];
}

function compareParts(a: string, b: string): number {
  const [rankOfA, rankOfB] = [rankOf(a), rankOf(b)];
  if (rankOfA !== rankOfB) return rankOfA - rankOfB;
  if (!/^\d/.test(a)) return a === b ? 0 : a < b ? -1 : 1;
  const [left, right] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")];
  if (left.length !== right.length) return left.length - right.length;
  return left === right ? 0 : left < right ? -1 : 1;
}

function rankOf(part: string): number {
  if (part === "~") return 0;
  if (part === end) return 1;
  if (/^[-+^]/.test(part)) return 2;
  return /^\d/.test(part) ? 4 : 3;
}
