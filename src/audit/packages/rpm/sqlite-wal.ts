// SQLite's write-ahead log (sqlite.org/fileformat2.html, "The Write-Ahead Log"): pages as later transactions left them. An image
// made while the database was open has some. Frames count up to the last commit; the first that doesn't belong to the log ends it.

const headerBytes = 32;
const frameHeaderBytes = 24;
const magicLittle = 0x377f0682;
const magicBig = 0x377f0683;

export interface PageVersions {
  readonly sizeBytes: number;
  /** The page's latest committed version; undefined where the database file has it. */
  readonly pageOf: (number: number) => Uint8Array | undefined;
}

/** Undefined for what is no log of a database with such pages: it is not applied, as SQLite doesn't. */
export function versionsIn(log: Uint8Array, pageSize: number): PageVersions | undefined {
  if (log.length < headerBytes) return undefined;
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const magic = view.getUint32(0);
  if ((magic !== magicLittle && magic !== magicBig) || view.getUint32(8) !== pageSize) return undefined;
  const add = checksumOf(view, magic === magicLittle);
  let sum = add([0, 0], 0, 24);
  if (!isAt(view, 24, sum)) return undefined;
  const committed = new Map<number, number>();
  let open = new Map<number, number>();
  for (
    let at = headerBytes;
    at + frameHeaderBytes + pageSize <= log.length;
    at += frameHeaderBytes + pageSize
  ) {
    // Salts of an earlier round: the frame was left over when the log began anew.
    if (view.getUint32(at + 8) !== view.getUint32(16) || view.getUint32(at + 12) !== view.getUint32(20))
      break;
    sum = add(add(sum, at, 8), at + frameHeaderBytes, pageSize);
    if (!isAt(view, at + 16, sum)) break;
    open.set(view.getUint32(at), at + frameHeaderBytes);
    if (view.getUint32(at + 4) === 0) continue;
    for (const [number, place] of open) committed.set(number, place);
    open = new Map();
  }
  return {
    sizeBytes: log.length,
    pageOf: (number) => {
      const place = committed.get(number);
      return place === undefined ? undefined : log.subarray(place, place + pageSize);
    },
  };
}

type Sum = readonly [number, number];

function isAt(view: DataView, at: number, [a, b]: Sum): boolean {
  return view.getUint32(at) === a && view.getUint32(at + 4) === b;
}

/** "Checksum Algorithm": two sums over pairs of words, in the byte order that the magic number names. */
function checksumOf(view: DataView, little: boolean): (sum: Sum, from: number, length: number) => Sum {
  return ([first, second], from, length) => {
    let a = first;
    let b = second;
    for (let at = from; at < from + length; at += 8) {
      a = (a + view.getUint32(at, little) + b) >>> 0;
      b = (b + view.getUint32(at + 4, little) + a) >>> 0;
    }
    return [a, b];
  };
}
