/**
 * UTF-8 beyond `TextDecoder`: where a chunk of bytes may be cut, and where it is ill-formed.
 * See Unicode 16, table 3-7 (well-formed UTF-8 byte sequences).
 */

/** Bytes of the character that starts with `lead`, or 0 if none does. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** The number of bytes at the end that belong to an incomplete character: 0 to 3. */
export function incompleteTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

/** The index of the first ill-formed sequence, or −1. */
export function firstInvalid(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at];
    const length = sequenceLength(lead);
    if (length === 0) return at;
    for (let k = 1; k < length; k++) {
      if ((bytes[at + k] & 0xc0) !== 0x80) return at;
    }
    const second = bytes[at + 1];
    const overlong = (lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90);
    const surrogate = lead === 0xed && second > 0x9f;
    const beyond = lead === 0xf4 && second > 0x8f;
    if (overlong || surrogate || beyond) return at;
    at += length;
  }
  return -1;
}

/** Concatenates bytes, without a copy if `first` is empty. */
export function joinBytes(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes to text. Ill-formed sequences become U+FFFD; a byte order mark is kept. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
