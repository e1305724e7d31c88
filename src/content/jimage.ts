// The container that a Java runtime keeps its modules in (lib/modules): recognised by its header, as OpenJDK reads it
// (src/java.base/share/native/libjimage/imageFile.hpp, ImageHeader). Whole numbers are in the byte order of whoever wrote it.

const magic = 0xca_fe_da_da;
const headerBytes = 28;
/** Of one entry of the redirect table, and of one of the offsets. */
const entryBytes = 8;

/** Whether a file of so many bytes that begins so is one: its tables have to fit into it. */
export function isJimage(head: Buffer, sizeBytes: number): boolean {
  if (head.length < headerBytes) return false;
  const little = head.readUInt32LE(0) === magic;
  if (!little && head.readUInt32BE(0) !== magic) return false;
  const number = (at: number): number => (little ? head.readUInt32LE(at) : head.readUInt32BE(at));
  const major = number(4) >>> 16;
  const [resources, length, locations, strings] = [number(12), number(16), number(20), number(24)];
  const index = headerBytes + length * entryBytes + locations + strings;
  return major === 1 && resources > 0 && resources <= length && index <= sizeBytes;
}
