// Moving about the map with the keyboard, by where the cells lie.
import type { Cell } from "./map-layout.ts";

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The nearest cell in the direction of an arrow key; the first or last one for Home and End. */
export function nextCell(cells: readonly Cell[], from: number, key: string): number | undefined {
  const reachable = cells.flatMap((cell, index) => (cell.kind === "rest" ? [] : [index]));
  if (key === "Home") return reachable[0];
  if (key === "End") return reachable.at(-1);
  const way = directions[key];
  const start = cells[from];
  if (way === undefined || start === undefined) return undefined;
  let best: number | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const index of reachable) {
    const cell = cells[index];
    if (cell === undefined || index === from) continue;
    const cost = costOf(start, cell, way);
    if (cost < bestCost) {
      best = index;
      bestCost = cost;
    }
  }
  return best;
}

/** How far a cell's head is in a direction; what lies aside counts twice, what lies behind is out of reach. */
function costOf(from: Cell, to: Cell, [dx, dy]: readonly [number, number]): number {
  const x = headOf(to).x - headOf(from).x;
  const y = headOf(to).y - headOf(from).y;
  const ahead = x * dx + y * dy;
  return ahead <= 0.5 ? Number.POSITIVE_INFINITY : ahead + 2 * Math.abs(x * dy + y * dx);
}

/** The middle; of an open folder its heading's, as what lies inside has cells of its own. */
function headOf({ height, isOpen, width, x, y }: Cell): { readonly x: number; readonly y: number } {
  return { x: isOpen ? x + 8 : x + width / 2, y: isOpen ? y + 8 : y + height / 2 };
}
