// Squarified treemaps (M. Bruls, K. Huizing, J. J. van Wijk, "Squarified Treemaps", 2000): rectangles whose areas are as given,
// side by side in rows along the shorter side, each row closed as soon as another rectangle would make its worst one longer.

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A rectangle for each weight; weights are positive and in falling order. The rectangles fill `within` without overlap. */
export function squarify(weights: readonly number[], within: Rectangle): Rectangle[] {
  const total = weights.reduce((sum, one) => sum + one, 0);
  if (total <= 0 || within.width <= 0 || within.height <= 0) return [];
  const scale = (within.width * within.height) / total;
  const placed: Rectangle[] = [];
  let left = within;
  let start = 0;
  while (start < weights.length) {
    const side = Math.min(left.width, left.height);
    const { area, end } = rowFrom(weights, start, scale, side);
    left = placeRow(weights.slice(start, end), area, scale, left, placed);
    start = end;
  }
  return placed;
}

/** How far a row goes that begins at `start` and lies along `side`. */
function rowFrom(
  weights: readonly number[],
  start: number,
  scale: number,
  side: number,
): { readonly end: number; readonly area: number } {
  const largest = (weights[start] ?? 0) * scale;
  let area = largest;
  let worst = worstRatio(largest, largest, area, side);
  let end = start + 1;
  for (; end < weights.length; end++) {
    const next = (weights[end] ?? 0) * scale;
    const ratio = worstRatio(largest, next, area + next, side);
    if (ratio > worst) break;
    worst = ratio;
    area += next;
  }
  return { end, area };
}

/** The worst ratio of sides in a row of this area along `side`, of its largest and smallest rectangle. */
function worstRatio(largest: number, smallest: number, area: number, side: number): number {
  const square = side * side;
  return Math.max((square * largest) / (area * area), (area * area) / (square * smallest));
}

/** Lays a row along the shorter side, and returns what is left beside it. */
function placeRow(
  row: readonly number[],
  area: number,
  scale: number,
  within: Rectangle,
  placed: Rectangle[],
): Rectangle {
  const { height, width, x, y } = within;
  const isColumn = width >= height;
  const side = isColumn ? height : width;
  const depth = side === 0 ? 0 : area / side;
  let offset = 0;
  for (const weight of row) {
    const length = depth === 0 ? 0 : (weight * scale) / depth;
    placed.push(
      isColumn
        ? { x, y: y + offset, width: depth, height: length }
        : { x: x + offset, y, width: length, height: depth },
    );
    offset += length;
  }
  return isColumn
    ? { x: x + depth, y, width: Math.max(0, width - depth), height }
    : { x, y: y + depth, width, height: Math.max(0, height - depth) };
}
