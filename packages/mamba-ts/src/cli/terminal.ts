/** What the command line shows: lines, progress, errors. Progress goes to stderr, results to stdout. */
import { UsageError } from '@mamba-ts/core/errors';
import { thousands } from '@mamba-ts/core/math';
import { SingleBar } from 'cli-progress';

/** 12,345 */
export const count = thousands;

/** 1:05, 2:03:04 */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

export const say = (line = ''): void => void process.stderr.write(`${line}\n`);

/** Rows in columns, to stdout. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0].map((_, j) => Math.max(...rows.map((row) => row[j].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, j) => cell.padEnd(widths[j]))
        .join('   ')
        .trimEnd(),
    );
}

/** A bar on a terminal, nothing elsewhere. */
export class Bar {
  private bar?: SingleBar;

  constructor(format: string) {
    if (!process.stderr.isTTY) return;
    this.bar = new SingleBar({
      format,
      stream: process.stderr,
      hideCursor: true,
      barsize: 24,
      etaBuffer: 50,
      clearOnComplete: true,
    });
  }

  /** done: 0 to 1 */
  update(done: number, values: Record<string, string>): void {
    if (!this.bar) return;
    if (!this.bar.isActive) this.bar.start(1000, 0, values);
    this.bar.update(Math.round(done * 1000), values);
  }

  /** Prints a line above the bar. */
  line(text: string): void {
    if (!this.bar?.isActive) {
      say(text);
      return;
    }
    process.stderr.write(`\r\x1b[K${text}\n`);
    this.bar.render();
  }

  stop(): void {
    this.bar?.stop();
  }
}

/** Exit codes: a user's mistake, and a defect of this project. */
export const MISTAKE = 2;
const DEFECT = 1;

/** Runs a verb: a user's mistake is one line and exit code 2, never a stack trace; a defect shows its trace. */
export async function guard(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    // A folder that cannot be written, say: the system's words are clear enough.
    const isMistake = error instanceof UsageError || (error as NodeJS.ErrnoException)?.syscall !== undefined;
    process.stderr.write(`mamba-ts: ${error instanceof Error ? error.message : String(error)}\n`);
    if (!isMistake || process.env.MAMBA_TS_DEBUG) process.stderr.write(`${(error as Error)?.stack ?? ''}\n`);
    process.exitCode = isMistake ? MISTAKE : DEFECT;
  }
}

/**
 * The first Ctrl-C asks to stop, the second leaves at once.
 * The returned function gives Ctrl-C its usual meaning back.
 */
export function onInterrupt(ask: () => void): () => void {
  let asked = false;
  const handle = () => {
    if (asked) process.exit(130);
    asked = true;
    ask();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
  };
}
