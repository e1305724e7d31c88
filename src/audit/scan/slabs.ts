// The memory that contents wait in: a fixed number of slabs, so that reading never runs far ahead of examining. Threads share them:
// one that reads fills a slab, one that examines reads it, never both at a time.

/** Files up to this size are examined in memory; larger ones go through a scratch file. */
export const slabBytes: number = 4 << 20;

export interface Slabs {
  /** Waits where all are in use. */
  acquire(): Uint8Array | Promise<Uint8Array>;
  release(slab: Uint8Array): void;
}

export function createSlabs(count: number): Slabs {
  const free: Uint8Array[] = [];
  const waiting: ((slab: Uint8Array) => void)[] = [];
  let made = 0;
  return {
    acquire(): Uint8Array | Promise<Uint8Array> {
      const slab = free.pop();
      if (slab !== undefined) return slab;
      if (made < count) {
        made += 1;
        return new Uint8Array(new SharedArrayBuffer(slabBytes));
      }
      return new Promise((resolve) => {
        waiting.push(resolve);
      });
    },
    release(slab): void {
      const next = waiting.shift();
      if (next === undefined) free.push(slab);
      else next(slab);
    },
  };
}
