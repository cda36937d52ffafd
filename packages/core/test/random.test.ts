import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../src/random.ts';

const draws = (random: Random, count: number) => Array.from({ length: count }, () => random.next());

describe('Random', () => {
  it('is xoshiro128++', () => {
    const random = new Random(0);
    random.restore([1, 2, 3, 4, 0, 0]);
    // The first outputs of xoshiro128plusplus.c from the state {1, 2, 3, 4}.
    expect(draws(random, 5)).toEqual([641, 1573767, 3222811527, 3517856514, 836907274]);
  });

  it('gives equal streams for equal seeds, others for others', () => {
    expect(draws(new Random(7), 4)).toEqual(draws(new Random(7), 4));
    const first = [-1, 0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER].map((seed) =>
      draws(new Random(seed), 2).join(),
    );
    expect(new Set(first).size).toBe(first.length);
  });

  it('continues from a saved state, through JSON', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(20), (seed, skip) => {
        const random = new Random(seed);
        draws(random, skip);
        random.normal();
        const saved = JSON.stringify(random.state());
        const other = new Random(0);
        other.restore(JSON.parse(saved));
        expect([other.normal(), other.int(10), other.fork('x').next()]).toEqual([
          random.normal(),
          random.int(10),
          random.fork('x').next(),
        ]);
      }),
    );
  });

  it('forks by name, whatever was drawn or forked before', () => {
    const random = new Random(3);
    const early = draws(random.fork('init'), 4);
    draws(random, 10);
    random.fork('data').next();
    expect(draws(random.fork('init'), 4)).toEqual(early);
    const names = ['', 'a', 'b', 'ab', 'ba', 'a0', 'layers.0', 'layers.1'];
    const streams = names.map((name) => draws(random.fork(name), 2).join());
    expect(new Set(streams).size).toBe(names.length);
    expect(draws(random.fork('a').fork('b'), 1)).not.toEqual(draws(random.fork('ab'), 1));
  });

  it('has the moments of its distributions', () => {
    const random = new Random(11);
    const count = 20000;
    const normals = Array.from({ length: count }, () => random.normal());
    const mean = normals.reduce((a, b) => a + b) / count;
    const variance = normals.reduce((a, b) => a + b * b, 0) / count;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
    const faces = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < count; i++) faces[random.int(6)]++;
    for (const face of faces) expect(Math.abs(face - count / 6)).toBeLessThan(250);
  });

  it('draws integers below n, also beyond 2³²', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (seed, n) => {
        const drawn = new Random(seed).int(n);
        expect(Number.isSafeInteger(drawn) && drawn >= 0 && drawn < n).toBe(true);
      }),
    );
  });

  it('refuses other seeds, ranges and states', () => {
    expect(() => new Random(0.5)).toThrow('Random: seed is 0.5, expected an integer such as 1337.');
    expect(() => new Random(1).int(0)).toThrow('Random.int: n is 0');
    expect(() => new Random(1).restore([1, 2])).toThrow('Random.restore: got [1,2], expected six');
    expect(() => new Random(1).restore([0, 0, 0, 0, 1, 1])).toThrow('first four words are 0');
  });
});
