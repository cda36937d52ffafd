/**
 * What `TextDecoder` doesn't tell: where a chunk of UTF-8 may be cut, and where it is ill-formed.
 * See Unicode 16, table 3-7 (well-formed UTF-8 byte sequences).
 */

/** Bytes of the character that `lead` begins, or 0 where no character begins with it. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** How many bytes at the end begin a character that isn't complete yet: 0 to 3. */
export function incompleteTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

/** Where the first ill-formed sequence begins, or −1. */
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

/** Joins two runs of bytes, without a copy where one is empty. */
export function joinBytes(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes to text: what is ill-formed becomes U+FFFD, and a byte order mark stays. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
