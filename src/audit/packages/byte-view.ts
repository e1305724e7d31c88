// Numbers and pieces of a binary database at given places. Invariant: nothing outside of it is ever read; whoever asks for that
// gets an error that says where.
import { malformed } from "./claim.ts";

export interface ByteView {
  readonly bytes: Uint8Array;
  /** @throws ToolError "malformed" past the end, as all of these */
  u8(at: number): number;
  u16(at: number): number;
  u32(at: number): number;
  /** A view, not a copy. */
  slice(at: number, length: number): Uint8Array;
}

/** `what` names the bytes in errors. */
export function byteView(bytes: Uint8Array, endianness: "little" | "big", what: string): ByteView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = endianness === "little";
  const need = (at: number, length: number): number => {
    if (at < 0 || length < 0 || at + length > bytes.length)
      throw malformed(what, `${length} bytes at byte ${at} lie outside of its ${bytes.length} bytes`);
    return at;
  };
  return {
    bytes,
    u8: (at) => view.getUint8(need(at, 1)),
    u16: (at) => view.getUint16(need(at, 2), little),
    u32: (at) => view.getUint32(need(at, 4), little),
    slice: (at, length) => bytes.subarray(need(at, length), at + length),
  };
}
