import { expect, it } from 'vitest';
import { Smoothing } from '../../../../test/support/smoothing.ts';
import { autoregressive, quantileError, wave } from '../../../../test/support/worlds.ts';
import { Random } from '../../../core/src/random.ts';
import { forecastTogether } from '../../src/covariates/together.ts';
import { GRID } from '../../src/quantiles.ts';

const H = 12;
const N = 120;
const forecaster = new Smoothing();

/** By name: the errors read together, as parts of those read alone. */
async function compare(make: (random: Random) => Record<string, number[]>) {
  const alone: Record<string, number> = {};
  const together: Record<string, number> = {};
  for (let seed = 0; seed < 12; seed++) {
    const series = make(new Random(seed).fork('together'));
    const past = Object.fromEntries(Object.entries(series).map(([name, y]) => [name, y.slice(0, N)]));
    const joint = await forecastTogether(forecaster, past, { horizon: H, quantiles: GRID });
    for (const [name, y] of Object.entries(series)) {
      const [plain] = await forecaster.forecastAll([past[name]], { horizon: H, quantiles: GRID });
      alone[name] = (alone[name] ?? 0) + quantileError(plain, y.slice(N));
      together[name] = (together[name] ?? 0) + quantileError(joint[name], y.slice(N));
    }
  }
  return Object.fromEntries(Object.keys(alone).map((name) => [name, together[name] / alone[name]]));
}

it('a series that another leads gets better, the leader no worse', async () => {
  const ratios = await compare((random) => {
    const x = autoregressive(random, N + H, 0.8);
    return {
      leader: x.map((v, t) => v + 2 * wave(t, 12)),
      follower: x.map((_, t) => 20 + 1.5 * x[Math.max(0, t - 8)] + 4 * wave(t, 12) + 0.5 * random.normal()),
    };
  });
  expect(ratios.follower).toBeLessThan(0.65);
  expect(ratios.leader).toBeLessThan(1.05);
});

it('independent series are as good as alone', async () => {
  const ratios = await compare((random) => ({
    a: autoregressive(random, N + H, 0.8),
    b: autoregressive(random, N + H, 1),
    c: autoregressive(random, N + H, 0.3).map((v, t) => v + 3 * wave(t, 12)),
  }));
  for (const ratio of Object.values(ratios)) expect(Math.abs(ratio - 1)).toBeLessThan(0.03);
});

it('says who led, and takes one series alone', async () => {
  const x = autoregressive(new Random(3), N, 0.8);
  const y = x.map((_, t) => x[Math.max(0, t - 4)]);
  const found = await forecastTogether(forecaster, { x, y }, { horizon: 4 });
  expect(found.y.covariates.used).toEqual(['x']);
  expect(found.y.median[3]).toBeCloseTo(x[N - 1], 0);
  expect((await forecastTogether(forecaster, { x }, { horizon: 4 })).x.covariates.used).toEqual([]);
});

it('refuses series of several lengths, and none', async () => {
  const series = { shop: [1, 2, 3], store: [1, 2] };
  await expect(forecastTogether(forecaster, series, { horizon: 1 })).rejects.toThrow(
    "forecast: 'store' has 2 values and 'shop' has 3, expected one length",
  );
  await expect(forecastTogether(forecaster, {}, { horizon: 1 })).rejects.toThrow(
    'there is no series, expected at least one',
  );
});
