/** The S4 family: it starts from HiPPO-LegS, and its config is checked. */
import { describe, expect, it } from 'vitest';
import { backends } from '../../../../test/support/backends.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { normal, uniforms } from '../../../../test/support/random.ts';
import { configOf, readConfig } from '../../src/families/registry.ts';
import { configText } from '../../src/models/model.ts';
import { createModel, declareModel } from '../../src/models/registered.ts';
import { s4Modes, s4Scan } from '../../src/ops/index.ts';
import { legSDiagonal } from '../../src/ssm/hippo.ts';
import { s4Recurrence, s4Step } from '../ssm/s4Reference.ts';

describe.each(backends)('s4 models on $name', ({ backend }) => {
  it('start as HiPPO-LegS by the bilinear rule', async () => {
    const given = { model: 's4', vocabSize: 8, dModel: 3, nLayer: 1, dState: 16 };
    const { parameters } = await createModel(configOf(given), { backend, seed: 1 });
    const read = (name: string) => parameters[`backbone.layers.0.mixer.kernel.${name}`];
    const modes = s4Modes({
      C: read('C'),
      B: read('B'),
      P: read('P'),
      logDt: read('log_dt'),
      logAReal: read('log_A_real'),
      AImag: read('A_imag'),
    });
    const u = normal(uniforms(1), [1, 60, 3]).data;
    const got = s4Scan({ u: backend.tensor([...u], [1, 60, 3]), modes }).y.read();
    const [C, steps] = [read('C').read(), read('log_dt').read()];
    for (const h of [0, 1, 2]) {
      const c = Array.from({ length: 8 }, (_, m): [number, number] => [C[16 * h + 2 * m], C[16 * h + 2 * m + 1]]);
      const mine = u.filter((_, i) => i % 3 === h);
      const want = s4Recurrence(s4Step(legSDiagonal(16), Math.exp(steps[h])), c, mine);
      expectClose(
        got.filter((_, i) => i % 3 === h),
        want,
        5e-5,
        `channel ${h}`,
      );
    }
  });
});

describe('an s4 model', () => {
  it('has a config that is written, read again, and checked', () => {
    const config = configOf({ model: 's4', vocabSize: 10, dModel: 16, nLayer: 3, dState: 32 });
    const json = JSON.parse(configText(declareModel(config)));
    expect(json.ssm_cfg).toEqual({ layer: 'S4', d_state: 32, dt_min: 0.001, dt_max: 0.1, glu: true });
    expect(readConfig(json)).toEqual(config);
    expect(() => configOf({ ...config, dState: 5 })).toThrow('dState is 5, expected an even whole number ≥ 2');
  });
});
