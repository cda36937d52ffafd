/**
 * A small seeded generator, so that a run can be repeated and resumed bit by bit.
 *
 *   const random = new Random(1337);
 *   const init = random.fork('init');       // the same stream wherever it is forked
 *   init.normal();                          // ~ N(0, 1)
 *   const saved = JSON.stringify(random.state());
 *
 * The stream is xoshiro128++ (Blackman & Vigna 2019), seeded from a 64-bit key. A fork hashes
 * its name into the key and not into the state, so forks depend neither on order nor on how
 * many numbers were drawn. Not for secrets.
 */
import { UsageError } from './errors.ts';

const TWO_32 = 2 ** 32;
const TWO_53 = 2 ** 53;

/** The four words of xoshiro and the two words of the key, all uint32. */
export type RandomState = number[];

export class Random {
  #words: Uint32Array;
  #key: Uint32Array;

  /** `seed` is any safe integer: equal seeds give equal streams. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) {
      throw new UsageError('Random', `seed is ${seed}, expected an integer such as 1337.`);
    }
    this.#key = Uint32Array.of(mix(seed % TWO_32), mix(Math.floor(seed / TWO_32) ^ 0x5bf03635));
    this.#words = wordsOf(this.#key);
  }

  /** The next 32 bits, 0 ≤ n < 2³². */
  next(): number {
    const s = this.#words;
    const result = (rotate((s[0] + s[3]) | 0, 7) + s[0]) >>> 0;
    const carried = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= carried;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** Uniform on [0, 1), with all 53 bits. */
  uniform(): number {
    return this.#bits53() / TWO_53;
  }

  /** Standard normal (Box & Muller 1958), from two uniforms and without a spare to remember. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Uniform integer, 0 ≤ i < n, without bias. */
  int(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new UsageError('Random.int', `n is ${n}, expected an integer from 1 to 2^53 - 1.`);
    }
    const range = n <= TWO_32 ? TWO_32 : TWO_53;
    const limit = range - (range % n);
    for (;;) {
      const drawn = range === TWO_32 ? this.next() : this.#bits53();
      if (drawn < limit) return drawn % n;
    }
  }

  /** An independent stream that depends on the seed and on `name` alone. */
  fork(name: string): Random {
    const fork = new Random(0);
    fork.#key = hash(this.#key, name);
    fork.#words = wordsOf(fork.#key);
    return fork;
  }

  /** All that the stream depends on, as plain JSON. */
  state(): RandomState {
    return [...this.#words, ...this.#key];
  }

  /** Continues from a `state()`. */
  restore(state: readonly number[]): void {
    const isWord = (word: number) => Number.isInteger(word) && word >= 0 && word < TWO_32;
    if (!Array.isArray(state) || state.length !== 6 || !state.every(isWord)) {
      throw new UsageError('Random.restore', `got ${JSON.stringify(state)}, expected six uint32 from state().`);
    }
    if (state.slice(0, 4).every((word) => word === 0)) {
      throw new UsageError('Random.restore', 'the first four words are 0, expected them from state().');
    }
    this.#words = Uint32Array.from(state.slice(0, 4));
    this.#key = Uint32Array.from(state.slice(4));
  }

  #bits53(): number {
    const high = this.next() >>> 5;
    return high * 2 ** 26 + (this.next() >>> 6);
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** A bijection that spreads every input bit over the word (lowbias32, Wellons 2018). */
function mix(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Two counters, one a half of the key, walked by the golden ratio as splitmix does. */
function wordsOf(key: Uint32Array): Uint32Array {
  const words = new Uint32Array(4);
  for (let i = 0; i < 4; i++) {
    const step = Math.imul(i + 1, 0x9e3779b9);
    words[i] = mix((mix((key[0] + step) | 0) ^ key[1]) + step);
  }
  // xoshiro stays at zero for ever if it starts there.
  if (words.every((word) => word === 0)) words[0] = 1;
  return words;
}

/** Both halves of the key take in every UTF-16 unit of the name, and then each other. */
function hash(key: Uint32Array, name: string): Uint32Array {
  let a = mix(key[0] ^ name.length);
  let b = mix(key[1] ^ 0xc2b2ae35);
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    a = mix((a ^ unit) + 0x9e3779b9);
    b = mix((b + Math.imul(unit + 1, 0x85ebca6b)) | 0);
  }
  return Uint32Array.of(mix(a ^ rotate(b, 13)), mix(b + Math.imul(a, 0x27d4eb2f)));
}
