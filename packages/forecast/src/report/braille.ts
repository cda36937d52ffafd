/**
 * A grid of terminal cells to draw in: lines of braille dots, 2 × 4 in each cell, or of one ASCII letter per cell.
 *
 * The code of a braille pattern is U+2800 plus one bit for each dot.
 */

/** Bits of the dots of a cell, by row, then column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];
const BRAILLE = 0x2800;

/** One character of a terminal. */
export interface Cell {
  text: string;
  /** Parameters of an ANSI escape sequence; '' for none. */
  style: string;
}

/** The grid. */
export class Canvas {
  readonly cells: Cell[][];
  private readonly bits: Uint8Array;

  constructor(
    readonly columns: number,
    readonly rows: number,
    private readonly unicode: boolean,
  ) {
    this.cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => ({ text: ' ', style: '' })));
    this.bits = new Uint8Array(columns * rows);
  }

  put(column: number, row: number, text: string, style: string): void {
    this.cells[row][column] = { text, style };
    this.bits[row * this.columns + column] = 0;
  }

  isFree = (column: number, row: number): boolean => this.cells[row][column].text === ' ';

  /** A line through points in cells, (0, 0) being the upper left corner; gaps where one is NaN. */
  line(x: readonly number[], y: readonly number[], letter: string, style: string): void {
    const [across, down] = this.unicode ? [2, 4] : [1, 1];
    const [width, height] = [across * this.columns, down * this.rows];
    const inside = (at: number, end: number) => Math.min(end - 1, Math.max(0, Math.floor(at)));
    let before: [number, number] | undefined;
    for (let i = 0; i < x.length; i++) {
      if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) {
        before = undefined;
        continue;
      }
      const here: [number, number] = [inside(x[i] * across, width), inside(y[i] * down, height)];
      const [from, to] = [before ?? here, here];
      const steps = Math.max(1, Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]));
      for (let k = 0; k <= steps; k++) {
        const along = (axis: 0 | 1) => Math.round(from[axis] + (k / steps) * (to[axis] - from[axis]));
        this.dot(along(0), along(1), letter, style);
      }
      before = here;
    }
  }

  private dot(x: number, y: number, letter: string, style: string): void {
    if (!this.unicode) {
      this.cells[y][x] = { text: letter, style };
      return;
    }
    const [column, row] = [x >> 1, y >> 2];
    const at = row * this.columns + column;
    this.bits[at] |= DOTS[y & 3][x & 1];
    this.cells[row][column] = { text: String.fromCharCode(BRAILLE + this.bits[at]), style };
  }
}

/** Cells as text, with an escape sequence where the style changes if there is colour. */
export function painted(cells: readonly Cell[], color: boolean): string {
  const text = cells.map((cell) => cell.text).join('');
  if (!color) return text.trimEnd();
  let out = '';
  let style = '';
  for (const cell of cells) {
    if (cell.style !== style) out += style === '' ? '' : '\x1b[0m';
    if (cell.style !== style && cell.style !== '') out += `\x1b[${cell.style}m`;
    style = cell.style;
    out += cell.text;
  }
  return style === '' ? out.trimEnd() : `${out}\x1b[0m`;
}

/** A text as cells of one style. */
export const styled = (text: string, style: string): Cell[] => [...text].map((letter) => ({ text: letter, style }));
