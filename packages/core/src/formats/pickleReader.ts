/** Reads the operands of pickle opcodes in order, and checks every length. */
export class PickleReader {
  private readonly view: DataView;
  private readonly text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private at = 0;

  constructor(
    private readonly bytes: Uint8Array<ArrayBuffer>,
    private readonly refusal: (problem: string) => Error,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Advances by `count` bytes and returns the index of the first. */
  take(count: number): number {
    const begin = this.at;
    if (begin + count > this.bytes.length) throw this.refusal('has a pickle that ends too early');
    this.at += count;
    return begin;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  /** Big-endian, unlike all other operands. */
  f64(): number {
    return this.view.getFloat64(this.take(8), false);
  }

  string(length: number): string {
    const begin = this.take(length);
    try {
      return this.text.decode(this.bytes.subarray(begin, begin + length));
    } catch {
      throw this.refusal(`has a text at byte ${begin} of its pickle that is not UTF-8`);
    }
  }

  /** The text up to the next line feed. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw this.refusal('has a pickle that ends inside a name');
    const line = this.string(end - this.at);
    this.take(1);
    return line;
  }

  /** A two's complement integer of `length` bytes, within ±2⁵³. */
  long(length: number): number {
    const begin = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = value * 256n + BigInt(this.bytes[begin + i]);
    const signed = Number(BigInt.asIntN(8 * length, value));
    if (Number.isSafeInteger(signed)) return signed;
    throw this.refusal(`has the integer ${signed}, expected within ±2⁵³`);
  }
}
