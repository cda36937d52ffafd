/**
 * The folder of a run: the last checkpoint, the best one in best/, the settings and the log.
 *
 *   config.json, model.safetensors     the model, in the official layout
 *   training-N.safetensors             the moments after update N; its metadata has the progress of the run
 *   train.json, tokenizer.json, …      settings and what belongs to the model
 *   log.jsonl                          a line for each report
 *
 * Each file is written under a temporary name and moved into place. The moments are saved first, under a name with
 * their iteration, then the weights, then older moments are removed. So whenever the process is killed, the weights
 * load, and the moments that belong to them are there.
 */
import { UsageError } from '../errors.ts';
import { encodeSafetensors, openTensorFile, writeAtomic } from '../formats/index.ts';
import type { Model } from '../models/model.ts';
import { configText } from '../models/model.ts';
import { nodeModule } from '../node.ts';
import { isPlainObject } from '../schema/index.ts';
import { sameShape, show, type Tensor } from '../tensor/tensor.ts';
import { takeFolder } from './ownedFolder.ts';
import type { Notes, Resumable, TrainerState } from './types.ts';

const WEIGHTS = 'model.safetensors';
const MOMENTS = /^training-(\d+)\.safetensors$/;

/** The JSON in the metadata of training-N.safetensors. */
interface Progress extends Notes {
  trainer: TrainerState;
  /** The carried state as State.save() writes it, in base64. */
  carried?: string;
}

export interface RunFolderOptions {
  /** The start of error messages. Default: 'train'. */
  where?: string;
  /** What to choose if the folder cannot be used, for errors. Default: 'another --out'. */
  alternative?: string;
}

export class RunFolder {
  private constructor(
    readonly path: string,
    private readonly where: string,
    private readonly release: () => Promise<void>,
  ) {}

  /**
   * Makes the folder if needed and takes it for this process. Throws UsageError if another process trains in it,
   * or if it cannot be written.
   */
  static async open(
    path: string,
    { where = 'train', alternative = 'another --out' }: RunFolderOptions = {},
  ): Promise<RunFolder> {
    const release = await takeFolder(path, {
      where,
      lockFile: 'train.lock',
      activity: 'is training in',
      alternative,
      sweep: ['best', 'data'],
    });
    return new RunFolder(path, where, release);
  }

  /** A folder to read from, which is neither made nor taken. */
  static reading(path: string, where: string): RunFolder {
    return new RunFolder(path, where, async () => {});
  }

  get absolutePath(): string {
    return nodeModule('path').resolve(this.path);
  }

  file(name: string): string {
    return nodeModule('path').join(this.path, name);
  }

  /** Whether the folder holds a run: its first checkpoint makes it one. */
  async holdsRun(): Promise<boolean> {
    return this.has(WEIGHTS);
  }

  async has(name: string): Promise<boolean> {
    const names = await nodeModule('fs/promises')
      .readdir(this.path)
      .catch((): string[] => []);
    return names.includes(name);
  }

  /** The content of a JSON file of the run. Throws UsageError if it is missing or damaged. */
  async readJson(name: string): Promise<unknown> {
    let text: string;
    try {
      text = await nodeModule('fs/promises').readFile(this.file(name), 'utf8');
    } catch (error) {
      throw new UsageError(
        this.where,
        `${this.file(name)} cannot be read (${(error as NodeJS.ErrnoException).code}). ` +
          'This folder holds no run to resume: check the path, or start a new run.',
      );
    }
    try {
      return JSON.parse(text);
    } catch {
      throw new UsageError(
        this.where,
        `${this.file(name)} is not JSON. It is damaged: start a new run in another folder.`,
      );
    }
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await writeAtomic(this.file(name), [Buffer.from(`${JSON.stringify(value, null, 2)}\n`)]);
  }

  /** Copies standard input into the folder, since a run reads its data again when it is resumed. Resolves to the path. */
  async keepStandardInput(): Promise<string> {
    await nodeModule('fs/promises').mkdir(this.file('data'), { recursive: true });
    const path = nodeModule('path').resolve(this.file('data/stdin.txt'));
    await writeAtomic(path, process.stdin as AsyncIterable<Uint8Array>);
    return path;
  }

  /** Writes config.json and the files that belong to the model (tokenizer.json), which a run does not change. */
  async begin(model: Model, files: Readonly<Record<string, unknown>>): Promise<void> {
    await writeAtomic(this.file('config.json'), [Buffer.from(configText(model))]);
    for (const [name, value] of Object.entries(files)) await this.writeJson(name, value);
  }

  /** Saves a checkpoint: the moments, the carried state and the notes, then the weights. */
  async save(trainer: Resumable, notes: Notes = {}): Promise<void> {
    const state = trainer.state();
    const carried = trainer.carried && Buffer.from(await trainer.carried.save()).toString('base64');
    const progress: Progress = { trainer: state, ...notes, ...(carried && { carried }) };
    const moments = `training-${state.iter}.safetensors`;
    await writeAtomic(
      this.file(moments),
      encodeSafetensors(await momentsOf(trainer), { progress: JSON.stringify(progress) }),
    );
    await this.saveWeights(trainer.model, state.iter);
    const fs = nodeModule('fs/promises');
    for (const name of await fs.readdir(this.path)) {
      if (MOMENTS.test(name) && name !== moments) await fs.rm(this.file(name), { force: true });
    }
  }

  /** Saves the weights in best/, a folder that loads by itself. */
  async saveBest(model: Model, files: Readonly<Record<string, unknown>>, iter: number): Promise<void> {
    await nodeModule('fs/promises').mkdir(this.file('best'), { recursive: true });
    const best = RunFolder.reading(this.file('best'), this.where);
    await best.begin(model, files);
    await best.saveWeights(model, iter);
  }

  private async saveWeights(model: Model, iter: number): Promise<void> {
    const tensors = await valuesOf(Object.entries(model.parameters));
    await writeAtomic(this.file(WEIGHTS), encodeSafetensors(tensors, { format: 'pt', iter: String(iter) }));
  }

  /** Writes the saved weights into a model with the same parameters. Throws UsageError if they differ. */
  async restoreWeights(model: Model): Promise<void> {
    const file = await openTensorFile(this.file(WEIGHTS));
    try {
      for (const [name, tensor] of Object.entries(model.parameters)) {
        const { shape, data } = await file.read(name);
        if (!sameShape(shape, tensor.shape)) {
          throw new UsageError(
            this.where,
            `${name} is ${show(shape)} in ${file.name} and ${show(tensor.shape)} in the model. Use the model of the run.`,
          );
        }
        tensor.write(data);
      }
    } finally {
      await file.close();
    }
  }

  /**
   * Puts the moments, the carried state and the position in the data back into a trainer whose model has the saved
   * weights. Resolves to the notes. Throws UsageError if they are damaged or belong to other data.
   */
  async restore(trainer: Resumable): Promise<Notes> {
    const weights = await openTensorFile(this.file(WEIGHTS));
    const { iter } = weights.metadata;
    await weights.close();
    const path = this.file(`training-${iter}.safetensors`);
    const file = await openTensorFile(path).catch((error) => {
      throw new UsageError(
        this.where,
        `${path} cannot be resumed from (${error.message}). The weights in ${this.path} still load: generate from them, or start a new run.`,
      );
    });
    try {
      for (const [name, { m, v }] of trainer.optimizer.moments) {
        m.write((await file.read(`m.${name}`)).data);
        v.write((await file.read(`v.${name}`)).data);
      }
      const { trainer: state, carried, ...notes } = progressIn(file.metadata.progress);
      trainer.restore(state);
      if (carried !== undefined) trainer.carried = await trainer.model.loadState(Buffer.from(carried, 'base64'));
      return notes;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(
        this.where,
        `${path} does not fit this run (${error.message}). Resume with the config and data of the run.`,
      );
    } finally {
      await file.close();
    }
  }

  /** Appends a line to log.jsonl. */
  async log(entry: object): Promise<void> {
    await nodeModule('fs/promises').appendFile(this.file('log.jsonl'), `${JSON.stringify(entry)}\n`);
  }

  /** Releases the folder. */
  async close(): Promise<void> {
    await this.release();
  }
}

function progressIn(text: string | undefined): Progress {
  try {
    const progress: unknown = JSON.parse(text ?? '');
    if (isPlainObject(progress) && isPlainObject(progress.trainer)) return progress as unknown as Progress;
  } catch {
    // The error below says what is wrong.
  }
  throw new UsageError('progress', 'the metadata has no progress of a run, expected JSON with trainer.');
}

const valuesOf = (tensors: readonly (readonly [string, Tensor])[]) =>
  Promise.all(tensors.map(async ([name, tensor]) => ({ name, shape: [...tensor.shape], data: await tensor.data() })));

const momentsOf = ({ optimizer: { moments } }: Resumable) =>
  valuesOf([
    ...[...moments].map(([name, { m }]) => [`m.${name}`, m] as const),
    ...[...moments].map(([name, { v }]) => [`v.${name}`, v] as const),
  ]);
