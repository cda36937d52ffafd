/** What the page and its Worker say to each other. */

/** A file as it was chosen, or a text that was pasted. */
export type Source = { file: File } | { text: string; name: string };

export type Request =
  /** The folder of the forecaster, as an address. */
  | { kind: 'load'; folder: string }
  /** Without a horizon: the one that the frequency suggests. */
  | { kind: 'forecast'; job: number; source: Source; horizon?: number; levels: number[]; width: number };

export interface Answer {
  kind: 'answer';
  job: number;
  horizon: number;
  /** What was read, what is in it, and how long all took. */
  facts: string[];
  notes: string[];
  svg: string;
  csv: string;
  /** The steps ahead of the first series: a row of names, then theirs. */
  table: string[][];
}

export type Reply =
  | { kind: 'ready'; device: string }
  | { kind: 'progress'; job: number; series: number }
  | Answer
  /** Without a job: the model did not load. */
  | { kind: 'failed'; job?: number; message: string };
