/**
 * JSON for files that may be hostile: no duplicate keys, whole numbers only, bounded depth.
 * JSON.parse keeps the last of two equal keys and other readers the first, so the two would read different files.
 */

import { UsageError } from '../errors.ts';
import { shown } from '../schema/shown.ts';

const NUMBER = /[-+.0-9eE]+/y;
const WHOLE_NUMBER = /^-?(0|[1-9][0-9]*)$/;

/** The value of `text`. Throws UsageError whose message continues a sentence: 'has …'. */
export function parseStrictJson(text: string, maxDepth: number): unknown {
  scan(text, maxDepth);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError('', `is not JSON (${shown((error as Error).message, 120)})`);
  }
}

/** Finds what JSON.parse accepts and this reader refuses. JSON.parse finds everything else. */
function scan(text: string, maxDepth: number): void {
  const open: (Set<string> | null)[] = []; // the keys of an object, null for an array
  for (let i = 0; i < text.length; ) {
    const char = text[i];
    if (char === '"') {
      const end = stringEnd(text, i);
      if (text[skipSpace(text, end)] === ':') addKey(open.at(-1), text.slice(i, end));
      i = end;
    } else if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : null);
      if (open.length > maxDepth) throw new UsageError('', `is nested deeper than ${maxDepth} levels`);
      i++;
    } else if (char === '}' || char === ']') {
      open.pop();
      i++;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      NUMBER.lastIndex = i;
      const number = NUMBER.exec(text)?.[0] ?? '';
      if (!WHOLE_NUMBER.test(number)) {
        throw new UsageError('', `has the number ${shown(number)}, expected whole numbers in plain digits`);
      }
      i += number.length;
    } else {
      i++;
    }
  }
}

function addKey(keys: Set<string> | null | undefined, token: string): void {
  if (!keys) return;
  let key: string;
  try {
    key = JSON.parse(token);
  } catch {
    throw new UsageError('', `is not JSON (the key ${shown(token)})`);
  }
  if (keys.has(key)) throw new UsageError('', `has the key ${shown(key)} twice`);
  keys.add(key);
}

/** The index after the closing quote. */
function stringEnd(text: string, begin: number): number {
  for (let i = begin + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i + 1;
  }
  throw new UsageError('', 'is not JSON (a string has no end)');
}

function skipSpace(text: string, begin: number): number {
  let i = begin;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\r' || text[i] === '\t') i++;
  return i;
}
