import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/support/random.ts';
import { svg } from '../../src/report/index.ts';
import { fan, presidents, view } from './views.ts';

const texts = (picture: string) => [...picture.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);

/** The inner svg of each panel: its box, and the points of its curves and bands. */
function plots(picture: string) {
  return [
    ...picture.matchAll(
      /<svg aria-hidden="true" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"[^>]*>(.*?)<\/svg>/gs,
    ),
  ].map(([, x, y, width, height, inner]) => ({
    box: [x, y, width, height].map(Number),
    points: [...inner.replace(/<path[^>]*stroke-width="6"\/>/g, '').matchAll(/[ML](\S+?) ([^LMZhV"]+)/g)].map(
      ([, a, b]) => [Number(a), Number(b)],
    ),
    inner,
  }));
}

describe('svg', () => {
  it('has title, description, legend and ticks of the calendar', () => {
    const picture = svg([presidents()]);
    expect(picture).toContain('<title>presidents</title>');
    expect(picture).toContain(
      '<desc>presidents: 120 values up to 1974-10, then 8 forecast, to a median of 20 (95 %: 1 to 39) at 1976-10.</desc>',
    );
    expect(texts(picture)).toEqual(
      expect.arrayContaining([
        'presidents',
        'history',
        'forecast (median)',
        '95 % interval',
        '80 % interval',
        'missing',
        '1960',
        '%',
      ]),
    );
  });

  it('draws every value at its place', () => {
    const [{ box, inner }] = plots(svg([view([0, 10], { forecast: fan([5, 10], 2) })]));
    const [x, y, width, height] = box;
    const line = [...inner.matchAll(/<path d="M([^"]+)" fill="none"/g)].map(([, d]) =>
      d.split('L').map((point) => point.split(' ').map(Number)),
    );
    // From 0 to 10.8, the upper bound, with 4 % of room above and below.
    const at = (step: number, value: number) => [
      expect.closeTo(x + (width * (step - 1)) / 3, 0),
      expect.closeTo(y + height * (1 - (value / 10.8 + 0.04) / 1.08), 0),
    ];
    expect(line[0]).toEqual([at(1, 0), at(2, 10)]);
    expect(line[1]).toEqual([at(2, 10), at(3, 5), at(4, 10)]);
  });

  it('stays inside the frame, for any values', () => {
    const value = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, 0, 5, 5, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324),
    );
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 40 }),
        fc.array(value, { minLength: 1, maxLength: 10 }),
        (history, median) => {
          const picture = svg([view(history, { forecast: fan(median, 1, [80]) })]);
          expect(picture).not.toMatch(/NaN|Infinity|undefined/);
          const [{ box, points }] = plots(picture);
          const [x, y, width, height] = box;
          for (const [a, b] of points) {
            expect(a).toBeGreaterThanOrEqual(x - 0.1);
            expect(a).toBeLessThanOrEqual(x + width + 0.1);
            expect(b).toBeGreaterThanOrEqual(y - 0.1);
            expect(b).toBeLessThanOrEqual(y + height + 0.1);
          }
        },
      ),
    );
  });

  it('shows a single step, a single value and an empty history', () => {
    const [alone] = plots(svg([view([], { forecast: fan([5], 2) })]));
    expect(alone.inner).toMatch(/d="M[\d.]+ [\d.]+h0" fill="none"/);
    const [between] = plots(svg([view([1, Number.NaN, 3, Number.NaN, 5])]));
    expect(between.inner.match(/h0/g)).toHaveLength(3);
    expect(between.inner.match(/stroke-width="6"/g)).toHaveLength(2);
  });

  it('keeps peaks of long series, in few points', () => {
    const history = Array.from({ length: 50_000 }, (_, i) => (i === 31_415 ? 100 : Math.sin(i)));
    const picture = svg([view(history)], { history: history.length });
    const [{ box, points }] = plots(picture);
    expect(picture.length).toBeLessThan(80_000);
    expect(Math.min(...points.map(([, y]) => y))).toBeLessThan(box[1] + 0.05 * box[3]);
  });

  it('has a panel for each series, one legend, and gives the number of omitted series', () => {
    const picture = svg(
      [1, 2, 3, 4, 5].map((i) => view([i, 2 * i], { name: `series ${i}` })),
      { limit: 4 },
    );
    expect(plots(picture)).toHaveLength(4);
    expect(texts(picture).filter((text) => text === 'history')).toHaveLength(1);
    expect(texts(picture)).toContain('Forecasts, 4 of 5 series');
  });

  it('is light, dark, or follows the theme of the reader', () => {
    expect(svg([view([1, 2])], { theme: 'light' })).not.toMatch(/<style>|#15181d/);
    expect(svg([view([1, 2])], { theme: 'dark' })).toMatch(/<rect width="100%" height="100%" fill="#15181d"/);
    expect(svg([view([1, 2])])).toContain('@media screen and (prefers-color-scheme:dark)');
  });

  it('escapes names, and replaces characters that XML forbids', () => {
    const picture = svg([view([1, 2], { name: '<b a="1">&\x00\ud800', unit: '<i>' })]);
    expect(picture).toContain('<title>&lt;b a=&quot;1&quot;&gt;&amp;\ufffd\ufffd</title>');
    expect(picture).not.toContain('<i>');
  });
});

describe('refusals', () => {
  const forecast = fan([1, 2, 3], 1);
  it.each([
    [{ forecast: fan([], 1) }, 'has a forecast of 0 steps, expected at least one.'],
    [{ forecast: { ...forecast, mean: [1] } }, 'has 1 steps of its mean, expected 3, as its median has.'],
    [{ times: [0] }, 'has 1 times for 2 values, expected one for each.'],
    [{ times: [0, 1] }, 'has times but no futureTimes, expected one for each step ahead.'],
    [{ times: [0, 1], futureTimes: [2] }, 'has 1 futureTimes for 3 steps, expected one for each.'],
    [{ futureTimes: [2, 3, 4] }, 'has futureTimes but no times, expected one for each value.'],
    [{ times: [0, Number.NaN], futureTimes: [2, 3, 4] }, 'has a time NaN, expected milliseconds since 1970.'],
  ])('%o', (more, message) => {
    expect(() => svg([view([1, 2], more)])).toThrow(`report: series "series" ${message}`);
  });

  it('no series', () => expect(() => svg([])).toThrow('report: no series to draw, expected at least one.'));
});
