/**
 * The folder of a run: the last checkpoint in it, the best one in best/, the log.
 *
 * Each file is written to a new name and moved into place. The moments are saved first, under a name
 * with their iteration, then the weights, then older moments are removed: whenever the process is
 * killed, the weights load, and the moments that belong to them are there.
 */
import { UsageError } from '../errors.ts';
import { HALF_WRITTEN } from '../formats/atomicFile.ts';
import { encodeSafetensors, openTensorFile, writeAtomic } from '../formats/index.ts';
import { configJson } from '../models/checkpoint.ts';
import type { Model } from '../models/model.ts';
import { nodeModule } from '../node.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { lockFolder } from './folderLock.ts';
import type { Trainer, TrainerState } from './trainer.ts';

const WEIGHTS = 'model.safetensors';
const MOMENTS = /^training-(\d+)\.safetensors$/;
const LOCK = 'train.lock';

/** What of a run is not in the trainer: the best evaluation, and the carried state. */
export interface Progress {
  trainer: TrainerState;
  bestLoss?: number;
  /** A state saved by State.save(), in base64. */
  carried?: string;
  /** Plain JSON that whoever trains keeps with it. */
  notes?: unknown;
}

export class RunFolder {
  private unlock = async (): Promise<void> => {};

  private constructor(readonly path: string) {}

  /** Takes the folder for this process. A folder that another process trains in is refused. */
  static async open(path: string): Promise<RunFolder> {
    const fs = nodeModule('fs/promises');
    const folder = new RunFolder(path);
    try {
      await fs.mkdir(path, { recursive: true });
      folder.unlock = await lockFolder(
        path,
        LOCK,
        (pid) => `train: process ${pid} is training in ${path}. Wait for it, or choose another --out.`,
      );
      await folder.sweep();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined) throw error;
      const advice =
        { ENOSPC: 'Free some space', EEXIST: 'Give the name of a folder, not of a file' }[code] ??
        'Choose another --out, or change its permissions';
      throw new UsageError('train', `the folder ${path} cannot be written (${code}). ${advice}.`);
    }
    return folder;
  }

  file(name: string): string {
    return nodeModule('path').join(this.path, name);
  }

  /** Whether a run lives here already: its first checkpoint is what makes it one. */
  async holdsRun(): Promise<boolean> {
    const names = await nodeModule('fs/promises').readdir(this.path);
    return names.includes(WEIGHTS);
  }

  async readJson(name: string): Promise<unknown> {
    let text: string;
    try {
      text = await nodeModule('fs/promises').readFile(this.file(name), 'utf8');
    } catch (error) {
      throw new UsageError(
        'train',
        `${this.file(name)} cannot be read (${(error as NodeJS.ErrnoException).code}). This folder holds no run to resume: leave --resume out.`,
      );
    }
    try {
      return JSON.parse(text);
    } catch {
      throw new UsageError(
        'train',
        `${this.file(name)} is not JSON. It is damaged: start a new run in another folder.`,
      );
    }
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await writeAtomic(this.file(name), [Buffer.from(`${JSON.stringify(value, null, 2)}\n`)]);
  }

  /** Standard input can be read once, a run reads its data again: a copy in the folder. Resolves to its path. */
  async keepStandardInput(): Promise<string> {
    await nodeModule('fs/promises').mkdir(this.file('data'), { recursive: true });
    const path = nodeModule('path').resolve(this.file('data/stdin.txt'));
    await writeAtomic(path, process.stdin as AsyncIterable<Uint8Array>);
    return path;
  }

  /** config.json and the files that belong to it (tokenizer.json), which stay as they are through a run. */
  async begin(model: Model, files: Readonly<Record<string, unknown>>): Promise<void> {
    await writeAtomic(this.file('config.json'), [Buffer.from(configJson(model.config))]);
    for (const [name, value] of Object.entries(files)) await this.writeJson(name, value);
  }

  /** The last checkpoint: moments and progress, then weights. */
  async save<M extends Model>(trainer: Trainer<M>, progress: Progress): Promise<void> {
    const { iter } = progress.trainer;
    const moments = `training-${iter}.safetensors`;
    await writeAtomic(
      this.file(moments),
      encodeSafetensors(await momentTensors(trainer), { progress: JSON.stringify(progress) }),
    );
    await writeAtomic(
      this.file(WEIGHTS),
      encodeSafetensors(await values(trainer.model.parameters), { format: 'pt', iter: String(iter) }),
    );
    const fs = nodeModule('fs/promises');
    for (const name of await fs.readdir(this.path)) {
      if (MOMENTS.test(name) && name !== moments) await fs.rm(this.file(name), { force: true });
    }
  }

  /** The best checkpoint, a folder that loads by itself. */
  async saveBest(model: Model, files: Readonly<Record<string, unknown>>, iter: number): Promise<void> {
    await nodeModule('fs/promises').mkdir(this.file('best'), { recursive: true });
    const best = new RunFolder(this.file('best'));
    await best.begin(model, files);
    await writeAtomic(
      best.file(WEIGHTS),
      encodeSafetensors(await values(model.parameters), { format: 'pt', iter: String(iter) }),
    );
  }

  /** Puts the moments that belong to the weights back; resolves to the progress. */
  async restore<M extends Model>(trainer: Trainer<M>): Promise<Progress> {
    const weights = await openTensorFile(this.file(WEIGHTS));
    const { iter } = weights.metadata;
    await weights.close();
    const path = this.file(`training-${iter}.safetensors`);
    const file = await openTensorFile(path).catch((error) => {
      throw new UsageError(
        'train',
        `${path} cannot be resumed from (${error.message}). The weights in ${this.path} still load: generate from them, or start a new run.`,
      );
    });
    try {
      for (const [name, { m, v }] of trainer.optimizer.moments) {
        m.write((await file.read(`m.${name}`)).data);
        v.write((await file.read(`v.${name}`)).data);
      }
      const progress = JSON.parse(file.metadata.progress) as Progress;
      trainer.restore(progress.trainer);
      return progress;
    } catch (error) {
      throw new UsageError(
        'train',
        `${path} does not fit this run (${(error as Error).message}). Resume with the config and data of the run.`,
      );
    } finally {
      await file.close();
    }
  }

  /** One line of log.jsonl. */
  async log(entry: Record<string, unknown>): Promise<void> {
    await nodeModule('fs/promises').appendFile(this.file('log.jsonl'), `${JSON.stringify(entry)}\n`);
  }

  async close(): Promise<void> {
    await this.unlock();
  }

  /** Removes what a kill in the middle of writing left behind. */
  private async sweep(): Promise<void> {
    const fs = nodeModule('fs/promises');
    for (const folder of ['', 'best', 'data']) {
      const names = await fs.readdir(this.file(folder)).catch(() => []);
      for (const name of names) {
        if (HALF_WRITTEN.test(name)) await fs.rm(nodeModule('path').join(this.file(folder), name), { force: true });
      }
    }
  }
}

async function values(tensors: Record<string, Tensor>) {
  return Promise.all(
    Object.entries(tensors).map(async ([name, tensor]) => ({
      name,
      shape: [...tensor.shape],
      data: await tensor.data(),
    })),
  );
}

async function momentTensors<M extends Model>(trainer: Trainer<M>) {
  const moments = [...trainer.optimizer.moments];
  return [
    ...(await values(Object.fromEntries(moments.map(([name, { m }]) => [`m.${name}`, m])))),
    ...(await values(Object.fromEntries(moments.map(([name, { v }]) => [`v.${name}`, v])))),
  ];
}
