import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { html } from '../../src/report/index.ts';
import { fan, presidents, view } from './views.ts';

const many = (count: number) => Array.from({ length: count }, (_, i) => view([i, i + 1], { name: `series ${i}` }));
const sections = (page: string) => page.match(/<section class="series"/g)?.length;

describe('html', () => {
  it('has facts about the series, and the forecast as a table', () => {
    const page = html([presidents()], { source: 'presidents.csv', model: 'mamba' });
    expect(page).toContain('<h1>Forecast of presidents</h1>');
    expect(page).toContain('1 series of presidents.csv, forecast by mamba.');
    for (const [term, value] of [
      ['Values', '120'],
      ['Missing', '6'],
      ['Range', '23 to 87 %'],
      ['Time', '1945-01 to 1974-10'],
      ['Frequency', 'quarterly'],
      ['Seasons', '4 steps'],
      ['Ahead', '8 steps'],
    ]) {
      expect(page).toContain(`<dt>${term}</dt><dd>${value}</dd>`);
    }
    expect(page).toContain('<caption><span>Forecast of presidents, in %</span></caption>');
    expect(page).toContain(
      '<tr><th scope="row">1975-01</th><td>26</td><td>7</td><td>45</td><td>10</td><td>42</td></tr>',
    );
  });

  it('holds its script and its style, as they are in their files', async () => {
    const page = html([view([1])]);
    for (const name of ['page.js', 'page.css']) {
      const file = await readFile(new URL(`../../src/report/page/${name}`, import.meta.url), 'utf8');
      const code = file.replace(/^(\/\/.*\n|\/\*.*\*\/\n)+/, '').trim();
      expect(page, `${name} has changed: run npm run build`).toContain(code);
    }
  });

  it('loads nothing', () => {
    const page = html([presidents(), view([1])]);
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|src=|@import|url\(|<link/);
  });

  it('shows the backtest, notes and the footer', () => {
    const backtest = {
      caption: 'Five origins',
      columns: ['forecaster', 'MASE'],
      rows: [['mamba', 0.9]],
      note: 'Less is better.',
    };
    const page = html([view([1], { notes: ['Doubtful.'] })], { backtest, notes: ['Of all.'], made: 'By hand' });
    expect(page).toContain('<tr><th scope="row">mamba</th><td>0.9</td></tr>');
    for (const text of ['Five origins', 'Less is better.', 'Doubtful.', 'Of all.', 'By hand'])
      expect(page).toContain(text);
    expect(html([view([1])])).not.toContain('Backtest');
  });

  it('has a picker for several series, and gives the number of omitted series', () => {
    const page = html(many(5), { limit: 3 });
    expect(sections(page)).toBe(3);
    expect(page.match(/<option /g)).toHaveLength(3);
    expect(page).toContain('Shown are 3 of 5 series');
    expect(html(many(3), { total: 2000 })).toContain('Shown are 3 of 2,000 series');
    expect(html(many(1))).not.toContain('<select');
    expect(html(many(3))).not.toContain('Shown are');
  });

  it('escapes all texts', () => {
    const evil = '</script><script>alert(1)</script><img onerror="alert(2)">';
    const facts = { title: evil, source: evil, model: evil, notes: [evil], made: evil };
    const backtest = { caption: evil, columns: [evil], rows: [[evil]], note: evil };
    const label = () => evil;
    const shown = view([1], {
      name: evil,
      unit: evil,
      frequency: evil,
      notes: [evil],
      times: [0],
      futureTimes: [1, 2, 3],
      timeLabel: label,
    });
    const page = html([shown, shown], { ...facts, backtest });
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<img');
    expect(page.match(/<\/script>/g)).toHaveLength(3);
  });

  it('takes values of any kind', () => {
    const page = html([
      view([], { name: 'empty' }),
      view([Number.NaN, Number.NaN], { name: 'missing' }),
      view([5, 5, 5], { name: 'constant', forecast: fan([5], 0) }),
      view([1e300, -1e300, Number.POSITIVE_INFINITY], { name: 'huge', forecast: fan([Number.NaN], 0) }),
    ]);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(() => html([])).toThrow('report: no series to report, expected at least one.');
  });
});
