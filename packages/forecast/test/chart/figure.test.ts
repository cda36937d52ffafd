import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figure } from '../../src/chart/figure.ts';
import { scaleOf } from '../../src/chart/scale.ts';

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);

describe('figure', () => {
  const panel = {
    x: { label: 'time', unit: 's' },
    y: { label: 'a < b' },
    series: [{ name: 'q & p', x: [0, 1], y: [2, 3] }],
  };

  it('has title, labels with units, legend and ticks, escaped', () => {
    const svg = figure({ title: 'One', panels: [panel] });
    expect(texts(svg)).toEqual(expect.arrayContaining(['One', 'time (s)', 'a &lt; b', 'q &amp; p', '0.0', '1.0']));
  });

  it('leaves gaps for values that are not finite, and writes no NaN', () => {
    const y = [1, Number.NaN, 0, 10, 100];
    const series = [{ x: [0, 1, 2, 3, 4], y, style: 'both' as const }];
    const svg = figure({ title: 'Gaps', panels: [{ ...panel, y: { label: 'y', log: true }, series }] });
    expect(svg).not.toContain('NaN');
    expect(svg.match(/<circle/g)).toHaveLength(3);
  });

  it('draws a band between two lines, with a gap where either is missing', () => {
    const band = {
      name: 'band',
      x: [0, 1, 2, 3, 4],
      y: [2, 2, 2, 2, 2],
      low: [0, 1, Number.NaN, 1, 0],
      style: 'band' as const,
    };
    const drawn = figure({ title: '', panels: [{ ...panel, series: [band] }] })
      .match(/<path[^>]*fill-opacity/g)
      ?.at(-1);
    expect(drawn?.match(/M/g)).toHaveLength(2);
    expect(drawn?.match(/Z/g)).toHaveLength(2);
    const wrong = { ...band, low: [1] };
    expect(() => figure({ title: '', panels: [{ ...panel, series: [wrong] }] })).toThrow(
      'figure: band is a band of 5 upper and 1 lower values.',
    );
  });

  it('shortens titles and names that do not fit', () => {
    const long = 'a very long name '.repeat(20);
    const svg = figure({
      title: long,
      panels: [{ ...panel, title: long, series: [{ ...panel.series[0], name: long }] }],
    });
    for (const text of texts(svg).filter((shown) => shown.startsWith('a very'))) expect(text).toMatch(/^.{50,130}…$/);
    expect(svg).toContain(`<title>${long}</title>`);
  });

  it('refuses an empty figure, and x and y of different lengths', () => {
    expect(() => figure({ title: '', panels: [] })).toThrow('figure: no panels, expected at least one.');
    expect(() => figure({ title: '', panels: [{ ...panel, series: [{ name: 'q', x: [1], y: [] }] }] })).toThrow(
      'figure: q has 1 x and 0 y values.',
    );
  });
});

describe('scaleOf', () => {
  const marks = (axis: Parameters<typeof scaleOf>[0]) => scaleOf(axis, [], 0, 300).ticks.map(({ text }) => text);

  it('has round ticks', () => {
    expect(marks({ label: '', range: [-1, 1] })).toEqual(['−1.0', '−0.5', '0.0', '0.5', '1.0']);
    expect(marks({ label: '', range: [0, 3000] })).toEqual(['0', '1000', '2000', '3000']);
  });

  it('has powers of ten on logarithmic axes, and also 2 and 5 times them where there are few', () => {
    expect(marks({ label: '', log: true, range: [1e-3, 10] })).toEqual(['10⁻³', '10⁻²', '10⁻¹', '1', '10']);
    expect(marks({ label: '', log: true, range: [2, 60] })).toEqual(['2', '5', '10', '20', '50']);
  });

  it('shortens large and small numbers', () => {
    expect(marks({ label: '', range: [0, 3e6] })).toEqual(['0', '1 M', '2 M', '3 M']);
    expect(marks({ label: '', range: [1e9, 2.5e9] })).toEqual(['1.0 bn', '1.5 bn', '2.0 bn', '2.5 bn']);
    expect(marks({ label: '', range: [0, 2e20] })).toEqual(['0', '5e19', '1e20', '1.5e20', '2e20']);
    expect(marks({ label: '', range: [-2e-9, 0] })).toEqual(['−2e−9', '−1.5e−9', '−1e−9', '−5e−10', '0']);
    expect(marks({ label: '', range: [1_000_000, 1_000_003] })).toEqual(['1000000', '1000001', '1000002', '1000003']);
  });

  it('has no ticks between the data', () => {
    expect(marks({ label: '', range: [1, 3] })).toEqual(['1.0', '1.5', '2.0', '2.5', '3.0']);
    expect(marks({ label: '', range: [1, 3], spacing: 1 })).toEqual(['1', '2', '3']);
  });

  it('has some ticks, in order and inside, for any range', () => {
    const end = fc.double({ min: -8e307, max: 8e307, noNaN: true });
    const near = fc.tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true }));
    const ranges = fc.oneof(
      fc.tuple(end, end),
      near.map(([a, b]) => [a, a + b]),
    );
    fc.assert(
      fc.property(ranges, fc.integer({ min: 80, max: 900 }), (values, pixels) => {
        const { ticks } = scaleOf({ label: '' }, values, pixels, 0);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(2 * Math.max(3, pixels / 40));
        for (const [i, { at }] of ticks.entries()) {
          expect(at).toBeLessThanOrEqual(i === 0 ? pixels : ticks[i - 1].at);
          expect(at).toBeGreaterThanOrEqual(0);
        }
        expect(new Set(ticks.map(({ text }) => text)).size).toBe(ticks.length);
      }),
      { examples: [[[3.9237668161434984e-142, 3.9237668161434984e-142], 80]] },
    );
  });

  it('takes data that are all equal', () => {
    expect(scaleOf({ label: '' }, [5, 5], 0, 100).map(5)).toBe(50);
  });
});
