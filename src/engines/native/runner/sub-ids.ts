// The further ids that the system's administrator gave a user (subuid(5), subgid(5)), and maps made of them
// (user_namespaces(7)).

interface SubIdRange {
  readonly start: number;
  readonly count: number;
}

/** The ranges of a user, whom lines name by name or number. Lines that are none are no ranges. */
export function parseSubIds(
  text: string,
  user: { readonly name: string; readonly id: number },
): SubIdRange[] {
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([owner]) => owner !== "" && (owner === user.name || owner === String(user.id)))
    .filter((fields) => fields.length === 3 && fields.slice(1).every((field) => /^\d{1,10}$/.test(field)))
    .map(([, start, count]) => ({ start: Number(start), count: Number(count) }))
    .filter(({ start, count }) => count > 0 && start > 0 && start + count <= idsMax);
}

/** 2^32 - 1 is no id. */
const idsMax = 4_294_967_295;

export interface IdMap {
  /** Arguments of newuidmap(1): first inside, first outside, how many. */
  readonly ranges: readonly number[];
  /** Ids inside, from 0. */
  readonly count: number;
}

/** Root is the user itself; from 1 on come the ranges, in their order. */
export function idMapOf(own: number, ranges: readonly SubIdRange[]): IdMap {
  let count = 1;
  const numbers = [0, own, 1];
  for (const range of ranges) {
    const room = Math.min(range.count, idsMax - count);
    if (room <= 0) break;
    numbers.push(count, range.start, room);
    count += room;
  }
  return { ranges: numbers, count };
}
