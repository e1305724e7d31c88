// Numbers for people, the same wherever the page is made or read.

/** "1", "12,345". */
export function formatCount(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}
