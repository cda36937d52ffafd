/** Runs in folders: stopped and resumed they are bit-exact, and no error loses a checkpoint. */

import { appendFile, copyFile, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { memoryStore, prepareTokens, splitTokens, textData } from '../../src/data/index.ts';
import { generateText } from '../../src/generate/generateText.ts';
import { loadModel } from '../../src/models/registered.ts';
import { charTokenizer, loadTokenizer } from '../../src/tokenize/index.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { languageResult, train } from '../../src/train/run.ts';
import { byteLevelJson } from '../tokenize/fixtures.ts';
import { contentsOf, logOf, play, resume, run, small, stepsOf, workFolder } from './runs.ts';

const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'training-20.safetensors'];

describe.each(backends)('a run on $name', ({ backend }) => {
  const place = { backend: backend.name, threads: backend.device.threads };

  it.each([
    ['as it is', {}],
    ['with carried states', { carryState: true }],
    ['with carried states and documents', { carryState: true, data: 'play.jsonl' }],
    ['with gradient accumulation', { gradientAccumulation: 2, carryState: true }],
    ['with characters and WSD', { tokenizer: 'char', schedule: 'wsd', decayFraction: 0.5 }],
  ])(
    'stopped at 10 and resumed equals 20 updates in one session: %s',
    async (_, {
      data = 'play.txt',
      ...more
    }: object & {
      data?: string;
    }) => {
      const folder = await workFolder();
      const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
      const options = { ...place, ...more, data: join(folder, data) };
      const want = await run({ ...options, out: whole });
      const half = await run({ ...options, out: parts }, { stopAt: 10 });
      expect([want.iter, half.iter, want.stopped, half.stopped]).toEqual([20, 10, false, true]);
      expect(stepsOf(await logOf(parts)).length).toBe(10);
      const got = await resume(parts);
      expect(got.iter).toBe(20);
      expect(got.evaluation).toEqual(want.evaluation);
      const log = stepsOf(await logOf(whole));
      expect(log.map(({ iter }) => iter)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      expect(stepsOf(await logOf(parts))).toEqual(log);
      for (const name of ['model.safetensors', 'config.json', 'tokenizer.json']) {
        expect((await readFile(join(parts, name))).equals(await readFile(join(whole, name))), name).toBe(true);
      }
    },
  );

  it('can be stopped after every update', async () => {
    const folder = await workFolder();
    const options = { ...place, data: join(folder, 'play.txt'), maxIters: 5 };
    await run({ ...options, out: join(folder, 'whole') });
    await run({ ...options, out: join(folder, 'parts') }, { stopAt: 1 });
    for (let i = 2; i <= 5; i++) await resume(join(folder, 'parts'), {}, { stopAt: i });
    const [whole, parts] = await Promise.all(
      ['whole', 'parts'].map((name) => readFile(join(folder, name, 'model.safetensors'))),
    );
    expect(parts.equals(whole)).toBe(true);
  });
});

describe('a run', () => {
  it('leaves the last and the best checkpoint, its config and a log', async () => {
    const folder = await workFolder();
    const out = join(folder, 'deep/er/run');
    const result = await run({ data: join(folder, 'play.txt'), out, evalEvery: 5 });
    expect((await readdir(out)).sort()).toEqual([
      'best',
      ...names.slice(0, 1),
      'data',
      'log.jsonl',
      ...names.slice(1, 3),
      'train.json',
      ...names.slice(3),
    ]);
    expect((await readdir(join(out, 'best'))).sort()).toEqual(names.slice(0, 3));
    const saved = JSON.parse(await readFile(join(out, 'train.json'), 'utf8'));
    expect(saved).toMatchObject({ ...small, evalEvery: 5, model: 'mamba', seed: 1337, weightDecay: 0.1 });
    const evaluations = (await logOf(out)).filter(({ kind }) => kind === 'evaluation');
    expect(evaluations.map(({ iter }) => iter)).toEqual([5, 10, 15, 20]);
    expect(result.evaluation.loss).toBe(evaluations.at(-1)?.loss);
    expect(result.evaluation.loss).toBeLessThan(5.4);

    const tokenizer = await loadTokenizer(JSON.parse(await readFile(join(out, 'best', 'tokenizer.json'), 'utf8')));
    const store = await prepareTokens(join(folder, 'play.txt'), tokenizer);
    const { validation } = splitTokens(store, 0.1, small.blockSize);
    const measure = async (path: string) => {
      const model = await loadModel(path, { backend: anyBackend });
      return (await evaluate(model, validation, tokenizer, { batchSize: 2, blockSize: 24, batches: 2 })).loss;
    };
    expect(await measure(out)).toBe(evaluations.at(-1)?.loss);
    expect(await measure(join(out, 'best'))).toBe(Math.min(...evaluations.map(({ loss }) => loss)));
  });

  it('keeps the best, not the last, where training makes it worse', async () => {
    const folder = await workFolder();
    const out = join(folder, 'run');
    const worse = { learningRate: 0.3, minLearningRate: 0.3, schedule: 'constant', warmupIters: 18, gradClip: 0 };
    await run({ data: join(folder, 'play.txt'), out, ...worse, evalEvery: 1, maxIters: 25 });
    const evaluations = (await logOf(out)).filter(({ kind }) => kind === 'evaluation');
    const best = evaluations.reduce((a, b) => (b.loss < a.loss ? b : a));
    expect(best.iter).toBeLessThan(25);
    expect(evaluations.filter((one) => one.best).at(-1)?.iter).toBe(best.iter);
    const [last, kept] = await Promise.all(
      [out, join(out, 'best')].map((path) => readFile(join(path, 'model.safetensors'))),
    );
    expect(kept.toString('latin1')).toContain(`"iter":"${best.iter}"`);
    expect(last.toString('latin1')).toContain('"iter":"25"');
  });

  it('reads a tokenizer.json, and writes with it', async () => {
    const folder = await workFolder({ 'tokenizer.json': JSON.stringify(byteLevelJson()) });
    const out = join(folder, 'run');
    const tokenizer = join(folder, 'tokenizer.json');
    const result = await run({ data: join(folder, 'play.txt'), out, tokenizer }, { stopAt: 5 });
    expect(result.tokenizer.kind).toBe('huggingface');
    expect(result.model.config.vocabSize).toBe(result.tokenizer.vocabSize);
    expect(JSON.parse(await readFile(join(out, 'tokenizer.json'), 'utf8'))).toEqual(byteLevelJson());
    await rm(tokenizer);
    expect((await resume(out)).iter, 'the run has its own copy').toBe(20);
    const model = await loadModel(out, { backend: anyBackend });
    let text = '';
    for await (const piece of generateText(model, result.tokenizer, 'the', { maxTokens: 20 })) text += piece;
    expect(text.length).toBeGreaterThan(0);
  });

  it('has a vocabulary of the characters of its data', async () => {
    const folder = await workFolder();
    const out = join(folder, 'run');
    const { tokenizer, model } = await run({ data: join(folder, 'play.txt'), out, tokenizer: 'char' }, { stopAt: 1 });
    expect(tokenizer.kind).toBe('char');
    expect(tokenizer.vocabSize).toBe(new Set(play).size);
    expect(model.config.vocabSize).toBe(new Set(play).size);
  });

  it('reports what it does', async () => {
    const folder = await workFolder();
    const seen: string[] = [];
    await run(
      { data: join(folder, 'play.txt'), out: join(folder, 'run'), maxIters: 4, evalEvery: 2, saveEvery: 2 },
      {
        reporter: {
          start: ({ trainTokens, validationTokens, resumedAt }) =>
            seen.push(`start ${trainTokens} ${validationTokens} ${resumedAt}`),
          step: ({ iter, done }) => seen.push(`step ${iter} ${done}`),
          evaluated: ({ iter, best }) => seen.push(`evaluated ${iter} ${best}`),
          saved: () => seen.push('saved'),
        },
      },
    );
    expect(seen).toEqual([
      'start 10800 1200 undefined',
      'step 1 0.25',
      'step 2 0.5',
      'evaluated 2 true',
      'saved',
      'step 3 0.75',
      'step 4 1',
      'evaluated 4 true',
      'saved',
    ]);
  });

  it('saves and ends when it is stopped', async () => {
    const folder = await workFolder();
    const out = join(folder, 'run');
    const abort = new AbortController();
    const reporter = { step: ({ iter }: { iter: number }) => void (iter === 6 && abort.abort()) };
    const result = await run({ data: join(folder, 'play.txt'), out }, { signal: abort.signal, reporter });
    expect([result.iter, result.stopped]).toEqual([6, true]);
    expect((await readdir(out)).filter((name) => name.startsWith('training-'))).toEqual(['training-6.safetensors']);
    expect((await resume(out)).iter).toBe(20);
  });

  it('ends when its time is spent', async () => {
    const folder = await workFolder();
    const time = { maxIters: 1e9, maxSeconds: 0.05 };
    const result = await run({ data: join(folder, 'play.txt'), out: join(folder, 'run'), ...time });
    expect(result.seconds).toBeGreaterThanOrEqual(0.05);
    expect(result.stopped).toBe(false);
  });

  it('may be resumed with other places for data, and other intervals', async () => {
    const folder = await workFolder();
    const out = join(folder, 'run');
    await run({ data: join(folder, 'play.txt'), out }, { stopAt: 10, preset: 'tiny' });
    await copyFile(join(folder, 'play.txt'), join(folder, 'moved.txt'));
    const free = { data: join(folder, 'moved.txt'), evalEvery: 3, logEvery: 2, saveEvery: 4, threads: 2 };
    expect((await resume(out, { ...free, dModel: 16 }, { preset: 'tiny' })).iter).toBe(20);
  });
});

describe('a run is refused', () => {
  it('in a folder that holds one, without resume', async () => {
    const folder = await workFolder();
    const out = join(folder, 'run');
    await run({ data: join(folder, 'play.txt'), out, maxIters: 2 });
    const before = await contentsOf(out);
    await expect(run({ data: join(folder, 'play.txt'), out })).rejects.toThrow(
      `train: ${out} holds a run already. Continue it with --resume, or choose another --out.`,
    );
    expect(await contentsOf(out)).toEqual(before);
  });

  it.each([
    [{ out: undefined }, 'train: out is missing, expected the folder of the run'],
    [{ data: '/nowhere/play.txt' }, 'data: there is no /nowhere/play.txt. Check the path.'],
    [{ blockSize: 100_000 }, 'Give more data, another fraction or a blockSize of at most 1199.'],
    [
      { tokenizer: '/nowhere.json' },
      `/nowhere.json cannot be read (ENOENT). Give 'byte', 'char', 'dna', 'muLaw' or the path`,
    ],
    [{ batchSize: 10_000_000 }, 'train: a step of 10000000 × 24 tokens needs about'],
    [{ dModel: 300_000 }, 'TiB, WebAssembly addresses 4.0 GiB. Use a smaller --batch-size'],
    [{ dModel: 10_000_000, backend: 'auto' }, 'TiB, '],
    [{ batchsize: 3 }, "unknown option 'batchsize'. Did you mean 'batchSize'?"],
  ])('with %j, and the folder is still good for one', async (wrong, message) => {
    const folder = await workFolder();
    const right = { data: join(folder, 'play.txt'), out: join(folder, 'run'), maxIters: 1 };
    await expect(run({ ...right, ...wrong })).rejects.toThrow(message);
    expect((await run(right)).iter).toBe(1);
  });

  it.each([
    ['', 'is empty, expected text'],
    ['short', 'expected at least blockSize + 1 = 25 in each'],
  ])('with the data %j', async (text, message) => {
    const folder = await workFolder({ 'data.txt': text });
    await expect(run({ data: join(folder, 'data.txt'), out: join(folder, 'run') })).rejects.toThrow(message);
  });

  it('with data that is not UTF-8, or unreadable JSONL', async () => {
    const folder = await workFolder({ 'data.jsonl': '{"text": "a"}\n{"tex": "b"}' });
    await writeFile(join(folder, 'data.txt'), Buffer.from([0x61, 0xff, 0x62]));
    const out = join(folder, 'run');
    await expect(run({ data: join(folder, 'data.txt'), out })).rejects.toThrow(/data\.txt.*UTF-8/);
    await expect(run({ data: join(folder, 'data.jsonl'), out })).rejects.toThrow(
      /data\.jsonl, line 2: field "text" is missing/,
    );
  });

  it.each([0, -1, 1.5, NaN])('with stopAt %d', async (stopAt) => {
    const folder = await workFolder();
    const options = { data: join(folder, 'play.txt'), out: join(folder, 'run') };
    await expect(run(options, { stopAt })).rejects.toThrow(`train: stopAt is ${stopAt}, expected a whole number ≥ 1.`);
  });

  it('in a place that is a file', async () => {
    const folder = await workFolder();
    const data = join(folder, 'play.txt');
    await expect(run({ data, out: data })).rejects.toThrow('Give the name of a folder, not of a file.');
    expect(await readFile(data, 'utf8')).toBe(play);
  });

  it('while another process trains there, and not after that one is gone', async () => {
    const folder = await workFolder();
    const out = join(folder, 'run');
    const options = { data: join(folder, 'play.txt'), out, maxIters: 1 };
    await mkdir(out);
    await writeFile(join(out, 'train.lock'), '1');
    await expect(run(options)).rejects.toThrow(`train: process 1 is training in ${out}. Wait for it`);
    expect(await readFile(join(out, 'train.lock'), 'utf8'), 'its lock stays').toBe('1');
    await writeFile(join(out, 'train.lock'), String(2 ** 22 + 1));
    expect((await run(options)).iter).toBe(1);
    expect(await readdir(out)).not.toContain('train.lock');
  });
});

describe('resuming is refused', () => {
  async function stopped(options: Record<string, unknown> = {}, preset?: string) {
    const folder = await workFolder();
    const out = join(folder, 'run');
    await run({ data: join(folder, 'play.txt'), out, ...options }, { stopAt: 10, preset });
    return { folder, out };
  }

  /** Nothing changes in the folder, and what was changed before can be put back. */
  async function expectRefused(
    out: string,
    options: Record<string, unknown>,
    message: string | RegExp,
    preset?: string,
  ) {
    const before = await contentsOf(out);
    await expect(resume(out, options, { preset })).rejects.toThrow(message);
    expect(await contentsOf(out)).toEqual(before);
  }

  it('where there is no run', async () => {
    const folder = await workFolder();
    await expect(resume(join(folder, 'nothing'))).rejects.toThrow(
      /train\.json cannot be read \(ENOENT\)\. This folder holds no run to resume: check the path, or start a new run\./,
    );
  });

  it('with another config', async () => {
    const { out } = await stopped();
    for (const [key, was, now] of [
      ['dModel', 16, 32],
      ['nLayer', 2, 3],
      ['batchSize', 2, 4],
      ['learningRate', 0.003, 0.01],
      ['maxIters', 20, 40],
      ['seed', 1337, 1],
      ['carryState', false, true],
      ['tokenizer', '"byte"', 'char'],
    ] as const) {
      const shown = typeof now === 'string' ? `"${now}"` : now;
      await expectRefused(
        out,
        { [key]: now },
        `train: ${key} was ${was} in ${out} and is ${shown} now. A resumed run keeps its config: leave ${key} out, or start a new run.`,
      );
    }
    await expectRefused(out, { dState: 8 }, 'dState was not given');
    await expectRefused(out, {}, `preset was not given in ${out} and is "tiny" now`, 'tiny');
    expect((await resume(out)).iter).toBe(20);
  });

  it('with another preset', async () => {
    const { out } = await stopped({}, 'tiny');
    await expectRefused(out, {}, `preset was "tiny" in ${out} and is "small" now`, 'small');
    expect((await resume(out, {}, { preset: 'tiny' })).iter).toBe(20);
  });

  it('with other data', async () => {
    const { folder, out } = await stopped();
    await appendFile(join(folder, 'play.txt'), 'One more line.\n');
    await expect(resume(out)).rejects.toThrow(
      /does not fit this run \(BatchSampler\.restore: length was 10800 .* Resume with the config and data of the run\./,
    );
    await writeFile(join(folder, 'play.txt'), play);
    expect((await resume(out)).iter).toBe(20);
  });

  it('with characters that the vocabulary has not', async () => {
    const { folder, out } = await stopped({ tokenizer: 'char' });
    await writeFile(join(folder, 'play.txt'), `${play.slice(0, -1)}€`);
    await expect(resume(out)).rejects.toThrow('"€" (U+20AC) at position');
  });

  it.each([
    ['tokenizer.json', () => JSON.stringify(charTokenizer.fromText(play).toJSON()), 'vocabSize is 256'],
    ['tokenizer.json', () => '{', 'is not JSON'],
    ['tokenizer.json', () => '{}', 'loadTokenizer: type is undefined'],
    ['train.json', () => '{"data": "pl', 'is not JSON. It is damaged: start a new run in another folder.'],
    ['train.json', () => '{"dModel": "x"}', 'train: data is missing'],
    ['train.json', (text: string) => text.replace('"dModel": 16', '"dModel": 32'), 'dModel is 16'],
    ['config.json', (text: string) => text.replace('1e-05', '0.1').replace('0.00001', '0.1'), 'normEpsilon is 0.1'],
    ['config.json', (text: string) => text.replace('"n_layer": 2', '"n_layer": 3'), '10 tensors are missing'],
  ] as const)('where %s was changed (%#)', async (name, change, message) => {
    const { out } = await stopped();
    const path = join(out, name);
    const good = await readFile(path, 'utf8');
    await writeFile(path, change(good));
    await expectRefused(out, {}, message);
    await writeFile(path, good);
    expect((await resume(out)).iter).toBe(20);
  });

  it('where the moments are damaged, and the weights still load', async () => {
    const { out } = await stopped();
    const path = join(out, 'training-10.safetensors');
    const good = await readFile(path);
    const damages: [string, () => Promise<void>, string][] = [
      ['cut off', () => truncate(path, good.length - 4), 'cannot be resumed from'],
      ['cut in the header', () => truncate(path, 100), 'cannot be resumed from'],
      ['empty', () => truncate(path, 0), 'cannot be resumed from'],
      ['removed', () => rm(path), 'cannot be resumed from'],
      ['text', () => writeFile(path, 'not tensors at all'), 'cannot be resumed from'],
      ['the weights', () => copyFile(join(out, 'model.safetensors'), path), 'does not fit this run'],
    ];
    for (const [what, damage, message] of damages) {
      await damage();
      const before = await contentsOf(out);
      const error = await resume(out).then(
        () => 'resumed',
        (error: Error) => error.message,
      );
      expect(error, what).toContain(`train: ${path} ${message}`);
      expect(await contentsOf(out), what).toEqual(before);
      await loadModel(out, { backend: anyBackend });
      await writeFile(path, good);
    }
    expect((await resume(out)).iter).toBe(20);
  });

  it('where the weights are damaged', async () => {
    const { out } = await stopped();
    const path = join(out, 'model.safetensors');
    const good = await readFile(path);
    await truncate(path, good.length / 2);
    await expectRefused(out, {}, path);
    await writeFile(path, good);
    expect((await resume(out)).iter).toBe(20);
  });
});

describe('a run blows up', () => {
  it('with a message that says where, and the best checkpoint stays', async () => {
    const folder = await workFolder();
    const out = join(folder, 'run');
    const options = { data: join(folder, 'play.txt'), out, learningRate: 1e38, evalEvery: 3, warmupIters: 10 };
    // Good at first: a rate so low that nothing happens, then one that nothing survives.
    await expect(run({ ...options, minLearningRate: 1e-9, schedule: 'constant', weightDecay: 0 })).rejects.toThrow(
      /^train: at iteration \d+ the loss is .*The first bad tensor is the (parameter|output of|gradient of)/,
    );
    expect(await readdir(out)).not.toContain('train.lock');
    await loadModel(out, { backend: anyBackend });
  });
});

describe('evaluate', () => {
  it('reads every window once and weighs what it finds', async () => {
    const tokenizer = charTokenizer.fromText('aé€😀\n');
    const text = 'aé€😀\n'.repeat(50);
    const folder = await workFolder({ 'data.txt': text });
    const out = join(folder, 'run');
    const { model } = languageResult(
      await train({
        layers: [{ ...small, data: join(folder, 'data.txt'), out, tokenizer: 'char', validationFraction: 0.4 }],
        stopAt: 2,
      }),
    );
    const store = await textData(text, tokenizer);
    const done: string[] = [];
    const result = await evaluate(model, store, tokenizer, {
      batchSize: 3,
      blockSize: 10,
      onBatch: (i, of) => done.push(`${i}/${of}`),
    });
    // 24 whole windows, and 9 characters that do not fill one.
    expect(done).toEqual(Array.from({ length: 8 }, (_, i) => `${i + 1}/8`));
    const ids = tokenizer.encode(text);
    let nats = 0;
    for (let at = 0; at < 240; at += 10) {
      nats += 10 * model.loss([ids.slice(at, at + 10)], [ids.slice(at + 1, at + 11)]).read()[0];
    }
    expect(result.tokens).toBe(240);
    expect(result.bytes).toBe(Buffer.byteLength([...text].slice(1, 241).join('')));
    expect(result.loss).toBeCloseTo(nats / 240, 5);
    expect(result.bitsPerByte).toBeCloseTo(nats / Math.LN2 / result.bytes, 5);
    expect(result.perplexity).toBeCloseTo(Math.exp(nats / 240), 4);
    const part = await evaluate(model, store, tokenizer, { batchSize: 3, blockSize: 10, batches: 2 });
    expect(part.tokens).toBe(60);
    model.backend.dispose();
  });

  it('refuses data that is shorter than a window', async () => {
    const model = await loadModel(
      fileURLToPath(new URL('../../../../test/fixtures/golden/mamba-tiny', import.meta.url)),
      {
        backend: anyBackend,
      },
    );
    const store = memoryStore(Uint16Array.of(1, 2, 3), { name: 'three', vocabSize: 62 });
    await expect(evaluate(model, store, charTokenizer.fromText('abc'), { batchSize: 1, blockSize: 8 })).rejects.toThrow(
      'three has 3 tokens, expected at least blockSize + 1 = 9',
    );
  });
});
