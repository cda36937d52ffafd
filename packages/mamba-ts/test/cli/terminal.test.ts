import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { asFlags, Bar, say } from '../../src/cli/terminal.ts';

let written = '';
const isTTY = process.stderr.isTTY;
beforeEach(() => {
  written = '';
  process.stderr.isTTY = true;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = isTTY;
});

const ERASE = '\0';

/** The lines that a terminal shows. */
function screen(): string[] {
  const lines = [''];
  let column = 0;
  for (const token of written.replaceAll('\x1b[K', ERASE)) {
    const last = lines.length - 1;
    if (token === ERASE) lines[last] = lines[last].slice(0, column);
    else if (token === '\r') column = 0;
    else if (token === '\n') {
      lines.push('');
      column = 0;
    } else {
      lines[last] = lines[last].slice(0, column) + token + lines[last].slice(column + 1);
      column++;
    }
  }
  return lines;
}

it('a bar leaves the lines above it as they are, and goes', () => {
  say('before');
  const bar = new Bar('{bar} {percentage}% | {line}');
  bar.update(0.5, { line: 'a long line of numbers' });
  expect(screen()[1]).toBe(`${'█'.repeat(12)}${'░'.repeat(12)} 50% | a long line of numbers`);
  bar.line('iter 1');
  bar.line('iter 2');
  bar.stop();
  say('saved');
  expect(screen()).toEqual(['before', 'iter 1', 'iter 2', 'saved', '']);
});

it('a bar is no longer than the terminal is wide, and nothing where there is none', () => {
  const { columns } = process.stderr;
  process.stderr.columns = 30;
  const bar = new Bar('{bar} {line}');
  bar.update(0.1, { line: 'x'.repeat(100) });
  expect(screen()[0]).toHaveLength(29);
  process.stderr.columns = columns;
  process.stderr.isTTY = false;
  written = '';
  new Bar('{bar}').update(0.1, {});
  expect(written).toBe('');
});

it('control characters of names are shown, not obeyed', () => {
  say('series \x1b[31mred\x07 \u009b2J is left out');
  expect(written).toBe('series \ufffd[31mred\ufffd \ufffd2J is left out\n');
});

it('messages name flags instead of options', () => {
  const said: [string, string][] = [
    ["Say which (dates: 'dmy' or 'mdy').", 'Say which (--dates dmy or mdy).'],
    ['Name the columns to read (value).', 'Name the columns to read (--value).'],
    ["Give it (frequency: 'daily', duplicates: 'mean').", 'Give it (--frequency daily, --duplicates mean).'],
    ["as the first (2024-01-01), expected (a value: 'x')", "as the first (2024-01-01), expected (a value: 'x')"],
  ];
  for (const [text, wanted] of said) expect(asFlags(text)).toBe(wanted);
});
