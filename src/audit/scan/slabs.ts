// The memory that contents wait in: a fixed number of slabs, so that reading never runs far ahead of examining.

/** Files up to this size are examined in memory; larger ones go through a scratch file. */
export const slabBytes: number = 4 << 20;

export interface Slabs {
  /** Waits where all are in use. */
  acquire(): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
  release(slab: Uint8Array<ArrayBuffer>): void;
}

export function createSlabs(count: number): Slabs {
  const free: Uint8Array<ArrayBuffer>[] = [];
  const waiting: ((slab: Uint8Array<ArrayBuffer>) => void)[] = [];
  let made = 0;
  return {
    acquire(): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
      const slab = free.pop();
      if (slab !== undefined) return slab;
      if (made < count) {
        made += 1;
        return new Uint8Array(slabBytes);
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
