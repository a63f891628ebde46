/**
 * The numbers of `kit/widget.py`'s `packed`: an array in 16 bits each, as base64 text.
 * @typedef {{ shape: number[], scale: number, bytes: string }} Packed
 */

/** @type {WeakMap<Packed, Float32Array>} */
const known = new WeakMap();

/** The numbers, row by row; unpacked once. @param {Packed} packed @returns {Float32Array} */
export function unpacked(packed) {
  const found = known.get(packed);
  if (found) return found;
  const text = atob(packed.bytes);
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const values = Float32Array.from({ length: bytes.length / 2 }, (_, i) => packed.scale * view.getInt16(2 * i, true));
  known.set(packed, values);
  return values;
}
