import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/support/random.ts';
import { columnsOf } from '../../src/chart/svgText.ts';
import { chart, terminalLook } from '../../src/report/index.ts';
import { fan, presidents, view } from './views.ts';

describe('chart', () => {
  it('draws a real series', () => {
    expect(chart(presidents(), { width: 72, height: 10 })).toMatchInlineSnapshot(`
      "presidents (%)
        80 ┤⡀   ⢰⡄                                                  ┊
           │⠱⡀  ⡇⠈⠒⠤⠤⠒⡄⡠⡀                                   ⡀       ┊
        60 ┤ ⠑⠢⣠⠃     ⠈ ⠈⠒⢆             ⢀⠎⠉⠱⣀⠞⡄⢠⡀       ⡄   ⢣       ┊
           │   ⠈          ⠈⡆⡜⡄  ⡄       ⡎   ⠁ ⠱⠃⠘⢄⣀ ⡔⡄ ⡸    ⢸       ┊
           │               ⠘ ⠱⠤⠜⠘⡄⡰⡀⢠⢣ ⡰⠁          ⠉ ⠈⠉⠁     ⢇      ┊░
        40 ┤                     ⠘⠁⠱⠃⠈⠖⠁                      ⠱⡀    ┊▒▒▒▒▒▒▒▒░
           │                                                   ⠱⠔⢄⣀⣀⣀⠤⡀▒▒▒⡀▒▒▒
        20 ┤                                                        ┊▒⠈⠉⠉⠉⠈⠑⠒⠒
           │                                                        ┊▒▒▒▒▒▒▒▒▒
         0 ┤                                                        ┊      ░░░
           └────┬─────────┬─────────┬────────┬─────────┬××××────┬─────────┬───
              1964      1966      1968     1970      1972     1974      1976
            ⠒⠒ history   ⠒⠒ median   ▒ 80 %   ░ 95 %   × missing
            ┊ last value"
    `);
  });

  it('draws it in ASCII', () => {
    const text = chart({ ...presidents(), actual: [30, 28] }, { width: 72, height: 10, unicode: false });
    expect(text).toMatchInlineSnapshot(`
      "presidents (%)
        80 +*   *                                                   |
           | *  ****** *                                    *       |
        60 + ***      * ***             **** * *        *   *       |
           |   *           **   *       *   * * *** *   *    *      |
           |               * *** **  * *           * ***     *      |.
        40 +                     * ** *                       *     |::::::::.
           |                                                   *****oox:::o:::
        20 +                                                        |:oooo:ooo
           |                                                        |:::::::::
         0 +                                                        |      ...
           +----+---------+---------+--------+---------+????----+---------+---
              1964      1966      1968     1970      1972     1974      1976
            * history   o median   : 80 %   . 95 %   x actual   ? missing
            | last value"
    `);
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  });

  it('has colours, which change nothing else', () => {
    const shown = presidents();
    const colored = chart(shown, { color: true });
    expect(colored).toContain('\x1b[1;38;5;33m');
    expect(stripVTControlCharacters(colored).replace(/ +$/gm, '')).toBe(chart(shown));
  });

  it('marks missing values on the axis and in the legend', () => {
    const text = chart(view([1, 2, Number.NaN, 4, 5], { forecast: fan([6], 1) }), { width: 46 });
    const axis = text.split('\n').find((line) => line.includes('└')) as string;
    expect(axis).toMatch(/└[─┬]{10,14}×+[─┬]{18,}$/);
    expect(text).toContain('× missing');
    expect(chart(view([1, 2, 3]))).not.toContain('missing');
  });

  it('labels steps, or times with their year', () => {
    expect(chart(view([1, 2, 3, 4, 5]))).toMatch(/\n +1 +2 +3 +4 +5 +6 +7 +8\n/);
    const day = (i: number) => Date.UTC(2023, 11, 30 + i);
    const text = chart(view([1, 2, 3], { times: [0, 1, 2].map(day), futureTimes: [3, 4, 5].map(day) }));
    expect(text).toMatch(/\n +30 Dec +31 Dec +1 Jan +2 Jan +3 Jan +4 Jan\n +2023 +2024\n/);
  });

  it('stays inside its width, for any values and names', () => {
    const value = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, 0, 5, 5, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324),
    );
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 60 }),
        fc.array(value, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 30, max: 120 }),
        fc.boolean(),
        fc.string({ unit: 'grapheme' }),
        (history, median, width, unicode, name) => {
          const text = chart(view(history, { name, forecast: fan(median, 1, []) }), { width, unicode, height: 6 });
          const lines = text.split('\n');
          expect(lines.length).toBeGreaterThanOrEqual(10);
          for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
          expect(text).not.toContain('NaN');
          expect(text).not.toContain('undefined');
        },
      ),
    );
  });

  it('draws a constant as one line, in the middle', () => {
    const lines = chart(view([5, 5, 5, 5], { forecast: fan([5, 5], 0) }), { height: 5, unicode: false }).split('\n');
    expect(lines.slice(1, 6).map((line) => /[*o]/.test(line))).toEqual([false, false, true, false, false]);
  });

  it('removes control characters from names', () => {
    expect(chart(view([1, 2], { name: '\x1b[2Jgone\x07' }))).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it('shades the cells between the bounds', () => {
    const rows = chart(view([0, 10], { forecast: fan([5, 5, 5, 5], 10, [80]) }), { height: 11, unicode: false }).split(
      '\n',
    );
    const shaded = rows.slice(1, 12).map((line) => line.slice(-4).includes('.'));
    expect(shaded).toEqual([false, ...Array(4).fill(true), false, ...Array(4).fill(true), false]);
  });
});

describe('terminalLook', () => {
  const terminal = { isTTY: true, columns: 101 };

  it('has the width of the terminal, or 80', () => {
    expect(terminalLook(terminal).width).toBe(101);
    expect(terminalLook({}).width).toBe(80);
  });

  it('has colour on terminals only, unless NO_COLOR is set', () => {
    expect(terminalLook(terminal, { TERM: 'xterm' }).color).toBe(true);
    expect(terminalLook({ columns: 101 }, { TERM: 'xterm' }).color).toBe(false);
    expect(terminalLook(terminal, { NO_COLOR: '1' }).color).toBe(false);
    expect(terminalLook(terminal, { NO_COLOR: '' }).color).toBe(true);
    expect(terminalLook(terminal, { TERM: 'dumb' }).color).toBe(false);
  });

  it.each([
    [{}, true],
    [{ LANG: 'de_DE.UTF-8' }, true],
    [{ LANG: 'en_US' }, true],
    [{ LC_ALL: 'C' }, false],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
    [{ LANG: 'C.UTF-8' }, true],
    [{ TERM: 'dumb' }, false],
    [{ TERM: 'linux', LANG: 'C.UTF-8' }, false],
  ])('of %o: Unicode %s', (env, unicode) => {
    expect(terminalLook(terminal, env).unicode).toBe(unicode);
  });
});
