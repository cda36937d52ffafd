import { describe, expect, it } from 'vitest';
import { figure } from '../../src/inspect/figure.ts';
import { scaleOf } from '../../src/inspect/scale.ts';

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

  it('leaves gaps for what is not finite, and writes no NaN', () => {
    const y = [1, Number.NaN, 0, 10, 100];
    const series = [{ x: [0, 1, 2, 3, 4], y, style: 'both' as const }];
    const svg = figure({ title: 'Gaps', panels: [{ ...panel, y: { label: 'y', log: true }, series }] });
    expect(svg).not.toContain('NaN');
    expect(svg.match(/<circle/g)).toHaveLength(3);
  });

  it('refuses nothing to draw, and x and y of different lengths', () => {
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

  it('has powers of ten on logarithmic axes, and 2 and 5 where those are few', () => {
    expect(marks({ label: '', log: true, range: [1e-3, 10] })).toEqual(['10⁻³', '10⁻²', '10⁻¹', '1', '10']);
    expect(marks({ label: '', log: true, range: [2, 60] })).toEqual(['2', '5', '10', '20', '50']);
  });

  it('takes data that are all equal', () => {
    expect(scaleOf({ label: '' }, [5, 5], 0, 100).map(5)).toBe(50);
  });
});
