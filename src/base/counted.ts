// Counts in words.

/** "1 file", "12 files"; `many` where an s isn't it. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
