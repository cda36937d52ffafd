/** The lines that a training run of the forecaster reports and logs. */
import type { RunFolder, StepReport } from '@mamba-ts/core/train';

export type Line = Readonly<Record<string, number>>;

/** The weight of a batch in the running mean of the loss: batches differ by far more than training changes them. */
const BATCH_WEIGHT = 0.02;

export class ProgressLog {
  private loss = 0;
  private steps = 0;
  private begun = performance.now();

  /** A line for every `every` updates. */
  constructor(
    private readonly folder: RunFolder,
    private readonly every: number,
    private readonly report?: (line: Line) => void,
  ) {}

  async step({ iter, loss, tokens, learningRate, gradientNorm }: StepReport): Promise<void> {
    this.loss = this.loss === 0 ? loss : this.loss + BATCH_WEIGHT * (loss - this.loss);
    this.steps += tokens;
    if (iter % this.every !== 0) return;
    const now = performance.now();
    const stepsPerSecond = (1000 * this.steps) / (now - this.begun);
    await this.tell('step', { iter, loss: this.loss, learningRate, gradientNorm, stepsPerSecond });
    [this.steps, this.begun] = [0, now];
  }

  /** An evaluation. Its time does not count for the speed. */
  async evaluation(iter: number, measured: Line): Promise<void> {
    await this.tell('evaluation', { iter, ...measured });
    this.begun = performance.now();
  }

  private async tell(kind: string, line: Line): Promise<void> {
    this.report?.(line);
    await this.folder.log({ kind, ...line });
  }
}
