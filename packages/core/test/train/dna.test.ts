import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { generateText } from '../../src/generate/generateText.ts';
import { loadModel } from '../../src/models/registered.ts';
import { openBackend } from '../../src/tensor/backend.ts';
import { resume, run, workFolder } from './runs.ts';

describe('training on FASTA', () => {
  it('learns from a packed genome, resumes, and writes bases', async () => {
    const folder = await workFolder();
    const bases = 'ACCGTTTGA'.repeat(300);
    await writeFile(join(folder, 'g.fasta.gz'), gzipSync(`>a\n${bases.slice(0, 1500)}\n>b\n${bases.slice(1500)}\n`));
    const out = join(folder, 'out');
    const options = {
      data: join(folder, 'g.fasta.gz'),
      out,
      tokenizer: 'dna',
      reverseComplement: true,
      learningRate: 1e-2,
    };
    const { tokenizer, model } = await run({ ...options, maxIters: 60 }, { stopAt: 4 });
    expect([tokenizer.kind, model.config.vocabSize]).toEqual(['dna', 5]);
    const { evaluation, iter } = await resume(out);
    expect(iter).toBe(60);
    expect(evaluation.loss).toBeLessThan(Math.log(4) - 0.2);
    const backend = await openBackend('wasm', { threads: 1 });
    const loaded = await loadModel(out, { backend });
    let text = '';
    for await (const part of generateText(loaded, tokenizer, 'ATG', { maxTokens: 20, seed: 1 })) text += part;
    expect(text).toMatch(/^[ACGTN]+$/);
    backend.dispose();
  });

  it('refuses reverse complements of text', async () => {
    const folder = await workFolder();
    const options = { data: join(folder, 'play.txt'), out: join(folder, 'out'), reverseComplement: true };
    await expect(run(options)).rejects.toThrow('train: reverseComplement is true with a byte tokenizer, expected dna');
  });
});
