/** Messages between the page and its Worker. */

/** A chosen file, or a text that was pasted. */
export type Source = { file: File } | { text: string; name: string };

export type Request =
  /** The URL of the folder that has the forecaster. */
  | { kind: 'load'; folder: string }
  /** `horizon`: steps ahead. Default: as many as the frequency of the table suggests. */
  | { kind: 'forecast'; job: number; source: Source; horizon?: number; levels: number[]; width: number };

export interface Answer {
  kind: 'answer';
  job: number;
  horizon: number;
  /** What the file has, and how long the forecast took. */
  facts: string[];
  notes: string[];
  svg: string;
  csv: string;
  /** The forecast of the first series: a header and a row for each step. */
  table: string[][];
}

export type Reply =
  | { kind: 'ready'; device: string }
  | { kind: 'progress'; job: number; series: number }
  | Answer
  /** Without a job: the model could not be loaded. */
  | { kind: 'failed'; job?: number; message: string };
