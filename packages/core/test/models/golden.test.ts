import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Array64 } from '../../../../test/reference/array.ts';
import { backends } from '../../../../test/support/backends.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { readGolden } from '../../../../test/support/golden.ts';
import { loadModel } from '../../src/models/registered.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import { emptyFolder, goldenFolder } from './folder.ts';

const rows = ({ shape: [B, L], data }: Array64) =>
  Array.from({ length: B }, (_, b) => Array.from(data.subarray(b * L, (b + 1) * L)));
const folderOf = (name: string) => fileURLToPath(new URL(`../../../../test/fixtures/golden/${name}`, import.meta.url));

const checkpoints = {
  'mamba-tiny': ['conv', 'ssm'],
  'mamba2-tiny': ['conv', 'ssm'],
  'mamba2-groups-tiny': ['conv', 'ssm'],
  'mamba3-siso-tiny': ['angle', 'ssm', 'k', 'v'],
  'mamba3-siso-norm-tiny': ['angle', 'ssm', 'k', 'v'],
  'mamba3-mimo-tiny': ['angle', 'ssm', 'k', 'v'],
  'mamba3-mimo-norm-tiny': ['angle', 'ssm', 'k', 'v'],
};

describe.each(Object.entries(checkpoints))('%s, the official checkpoint,', async (name, stateNames) => {
  const expected = await readGolden(`${name}/expected`);
  const tokens = rows(expected.get('tokens'));
  const targets = rows(expected.get('targets'));
  const [B, L, V] = expected.get('logits').shape;

  describe.each(backends)('on $name', ({ backend }) => {
    const loaded = loadModel(folderOf(name), { backend });

    it('gives the official logits', async () => {
      const { logits } = (await loaded).forward(tokens);
      expect(logits.shape).toEqual([B, L, V]);
      expectClose(await logits.data(), expected.get('logits').data, 5e-5, 'logits');
    });

    it('gives the official loss and the official gradient of every parameter', async () => {
      const model = await loaded;
      const { value, grads } = valueAndGrad(() => model.loss(tokens, targets), model.parameters);
      expectClose(await value.data(), expected.get('loss').data, 1e-5, 'loss');
      const names = Object.keys(model.parameters);
      expect(Object.keys(grads)).toEqual(names);
      for (const name of names) {
        expect(grads[name].shape, name).toEqual(expected.get(`grad.${name}`).shape);
        expectClose(await grads[name].data(), expected.get(`grad.${name}`).data, 5e-4, `the gradient of ${name}`);
      }
    });

    it.each([
      ['1 + 23', [1, 23]],
      ['23 + 1', [23, 1]],
      ['3 + 7 + 14', [3, 7, 14]],
      ['one by one', new Array<number>(24).fill(1)],
    ])('reads in pieces as at once: %s', async (_, cuts) => {
      const model = await loaded;
      const whole = model.forward(tokens);
      let state: typeof whole.state | undefined;
      let at = 0;
      for (const n of cuts) {
        const piece = model.forward(
          tokens.map((row) => row.slice(at, at + n)),
          { state },
        );
        state = piece.state;
        const got = piece.logits.read();
        for (let b = 0; b < B; b++) {
          const want = expected.get('logits').data.subarray((b * L + at) * V, (b * L + at + n) * V);
          expectClose(got.subarray(b * n * V, (b + 1) * n * V), want, 5e-5, `logits of row ${b} from ${at}`);
        }
        at += n;
        expect(state.position).toBe(at);
      }
      const want = whole.state.tensors();
      const got = state!.tensors();
      const layers = Array.from({ length: model.config.nLayer }, (_, i) => `layers.${i}`);
      expect(Object.keys(got)).toEqual(layers.flatMap((layer) => stateNames.map((one) => `${layer}.${one}`)));
      for (const name of Object.keys(want)) expectClose(got[name].read(), want[name].read(), 1e-4, name);
    });

    it('computes the same bits again', async () => {
      const model = await loaded;
      const run = () =>
        scope(() => {
          const { value, grads } = valueAndGrad(() => model.loss(tokens, targets), model.parameters);
          return [value, ...Object.values(grads)].map((tensor) => tensor.read());
        });
      const first = run();
      run().forEach((values, i) => {
        expectIdentical(values, first[i], `tensor ${i}`);
      });
    });
  });
});

describe.each(backends)('mamba-tiny on $name', ({ backend }) => {
  const loaded = loadModel(goldenFolder, { backend });

  it('leaves the official states in layer 0', async () => {
    const layer0 = await readGolden('mamba-tiny/layer0_step');
    const tokens = rows((await readGolden('mamba-tiny/expected')).get('tokens'));
    const model = await loaded;
    const states = model.forward(tokens).state.tensors();
    expect(states['layers.0.conv'].shape).toEqual(layer0.get('conv_state').shape);
    expect(states['layers.0.ssm'].shape).toEqual(layer0.get('ssm_state').shape);
    expectClose(states['layers.0.conv'].read(), layer0.get('conv_state').data, 5e-5, 'conv');
    expectClose(states['layers.0.ssm'].read(), layer0.get('ssm_state').data, 5e-5, 'ssm');
  });

  it('loads pytorch_model.bin as model.safetensors', async () => {
    const folder = await emptyFolder();
    for (const name of ['config.json', 'pytorch_model.bin']) {
      await copyFile(join(goldenFolder, name), join(folder, name));
    }
    const [torch, safetensors] = [(await loadModel(folder, { backend })).parameters, (await loaded).parameters];
    expect(Object.keys(torch)).toEqual(Object.keys(safetensors));
    for (const name of Object.keys(torch)) expectIdentical(torch[name].read(), safetensors[name].read(), name);
  });
});
