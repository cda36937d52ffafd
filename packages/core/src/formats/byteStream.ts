/** Reads fields of any length from a stream of chunks of any length. */
export class ByteStream {
  /** Bytes read so far. */
  offset = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next `length` bytes, or fewer at the end of the stream. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length && (await this.#fill())) {
      const part = this.#held.subarray(0, length - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#held = this.#held.subarray(part.length);
    }
    this.offset += filled;
    return filled === length ? bytes : bytes.slice(0, filled);
  }

  /** Skips `length` bytes. Resolves to the number of bytes skipped, fewer at the end of the stream. */
  async skip(length: number): Promise<number> {
    let skipped = 0;
    while (skipped < length && (await this.#fill())) {
      const count = Math.min(this.#held.length, length - skipped);
      this.#held = this.#held.subarray(count);
      skipped += count;
    }
    this.offset += skipped;
    return skipped;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Whether there is another byte. A chunk is used up before the next one is requested. */
  async #fill(): Promise<boolean> {
    while (this.#held.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      this.#held = value as Uint8Array<ArrayBuffer>;
    }
    return true;
  }
}
