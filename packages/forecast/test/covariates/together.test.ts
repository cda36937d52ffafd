import { expect, it } from 'vitest';
import { Smoothing } from '../../../../test/support/smoothing.ts';
import { autoregressive, quantileError, wave } from '../../../../test/support/worlds.ts';
import { Random } from '../../../core/src/random.ts';
import { Forecaster } from '../../src/forecaster.ts';
import { GRID } from '../../src/quantiles.ts';

const H = 12;
const N = 120;
const forecaster = new Smoothing();
const together = (series: readonly number[][], horizon: number) =>
  new Forecaster(forecaster).forecast(series, { horizon, quantiles: GRID, together: true });

/** By name: the errors read together, as parts of those read alone. */
async function compare(make: (random: Random) => Record<string, number[]>) {
  const alone: Record<string, number> = {};
  const jointly: Record<string, number> = {};
  for (let seed = 0; seed < 12; seed++) {
    const series = make(new Random(seed).fork('together'));
    const pasts = Object.values(series).map((y) => y.slice(0, N));
    const joint = await together(pasts, H);
    for (const [i, [name, y]] of Object.entries(series).entries()) {
      const [plain] = await forecaster.forecastAll([pasts[i]], { horizon: H, quantiles: GRID });
      alone[name] = (alone[name] ?? 0) + quantileError(plain, y.slice(N));
      jointly[name] = (jointly[name] ?? 0) + quantileError(joint[i], y.slice(N));
    }
  }
  return Object.fromEntries(Object.keys(alone).map((name) => [name, jointly[name] / alone[name]]));
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
  const [, follower] = await together([x, y], 4);
  expect(follower.covariates.used).toEqual(['series 0']);
  expect(follower.median[3]).toBeCloseTo(x[N - 1], 0);
  const [alone] = await together([x], 4);
  expect(alone.covariates.used).toEqual([]);
});

it('refuses series of several lengths, and too many', async () => {
  await expect(
    together(
      [
        [1, 2, 3],
        [1, 2],
      ],
      1,
    ),
  ).rejects.toThrow('forecast: series 1 has 2 values and series 0 has 3 values, expected one length');
  await expect(together(Array(201).fill([1, 2, 3]), 1)).rejects.toThrow('there are more than 200 series');
});
