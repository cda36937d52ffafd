/**
 * What an experiment says in words: README.md in its folder.
 *
 *   # parity
 *
 *   Parity and sums modulo 3, beyond the training length.
 *
 *   - **Paper**: what is claimed, and where.
 *   - **Here**: what differs from the paper.
 *   <!-- command -->
 *
 *   <!-- results -->
 *
 *   Notes: why a result differs from the paper, and what was tried.
 *
 * docs/results.md is made of these files: see page.ts.
 */
import { readFileSync } from 'node:fs';

/** The sources, for code that runs from lab/dist as well. */
const SOURCES = new URL('../../src/reproduce/', import.meta.url);

export interface Prose {
  /** A line or two. */
  readonly about: string;
  readonly paper: string;
  readonly here: string;
  /** The whole file. */
  readonly markdown: string;
}

const PARTS = {
  about: /^# .+\n\n(.+)\n/,
  paper: /^- \*\*Paper\*\*: (.+)$/m,
  here: /^- \*\*Here\*\*: (.+)$/m,
} as const;

export const readSource = (path: string): string => readFileSync(new URL(path, SOURCES), 'utf8');

/** The prose of the experiment of this name. */
export function proseOf(name: string): Prose {
  const folder = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const file = `experiments/${folder}/README.md`;
  const markdown = readSource(file);
  const part = (key: keyof typeof PARTS): string => {
    const found = PARTS[key].exec(markdown)?.[1];
    if (found === undefined) throw new Error(`${file} has no ${key}, expected the form that prose.ts describes.`);
    return found;
  };
  return { about: part('about'), paper: part('paper'), here: part('here'), markdown };
}
