/** Bytes that arrive in chunks, taken in the lengths that a format has. */

export class ByteStream {
  /** Bytes taken so far. */
  offset = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next `length` bytes, or as many as are left. */
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

  /** Passes over `length` bytes, and says how many there were. */
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

  /** Whether there is a byte. A chunk is used up before the next one is asked for. */
  async #fill(): Promise<boolean> {
    while (this.#held.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      this.#held = value as Uint8Array<ArrayBuffer>;
    }
    return true;
  }
}
