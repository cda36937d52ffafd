/**
 * Sensors: weather, machines, rivers, power from sun and wind.
 *
 *   driven mass    τ ẋ = u − x        a heat capacity follows its load and its surroundings
 *   rivers         xₜ = r xₜ₋₁ + rain  sudden rise, slow fall
 *   sun            elevation above the horizon × clouds
 *   wind           a power curve over a slow gust process
 */
import type { Random } from '@mamba-ts/core/random';
import { drawDayClock } from '../clock.ts';
import { beta, between, chance, exponential, gamma, logBetween, normals, pickWeighted } from '../draw.ts';
import { noise, slowPath, whiteNoise } from '../noise.ts';
import { seasonal } from '../season.ts';
import { add, type Draft, mapped, persistent, standardized } from '../vector.ts';

/** The autocorrelation of one step that decays to 1/e after `steps`. */
const memory = (steps: number) => Math.exp(-1 / steps);

/** Weather over days and weeks. */
function weather(random: Random, length: number, day: number): Float64Array {
  const fronts = persistent(normals(random, length), memory(day * logBetween(random, 1, 6)));
  const weeks = persistent(normals(random, length), memory(day * logBetween(random, 8, 60)));
  return add(fronts, weeks, between(random, 0.3, 1));
}

/** Temperature, humidity, pressure: a yearly season, weather, and a daily season that depends on the weather. */
function climate(random: Random, length: number): Draft {
  const { day } = drawDayClock(random);
  const front = weather(random, length, day);
  const sunny = weather(random, length, day);
  const daily = seasonal(random, length, day);
  const [phase, year] = [random.uniform(), between(random, 0, 4)];
  const [swing, cloudy] = [logBetween(random, 0.1, 2), between(random, 0, 0.7)];
  const values = mapped(front, (value, i) => {
    const season = Math.cos(2 * Math.PI * (i / day / 365.25 + phase));
    return value + year * season + swing * daily[i] * Math.exp(cloudy * sunny[i] + 0.2 * season);
  });
  return { values: add(values, noise(random, length), logBetween(random, 0.01, 0.3)), season: day };
}

/** A machine under load, or its temperature, which follows with a delay: jumps of the load, noise. */
function machine(random: Random, length: number): Draft {
  const { day } = drawDayClock(random);
  const [load, strength] = [seasonal(random, length, day), logBetween(random, 0.1, 2)];
  mapped(load, (value) => strength * value);
  const duty = persistent(normals(random, length), memory(day * logBetween(random, 0.1, 20)));
  const jumps = chance(random, 0.5) ? 1 / (day * logBetween(random, 1, 40)) : 0;
  let level = 0;
  for (let i = 0; i < length; i++) {
    if (jumps > 0 && chance(random, jumps)) level = 1.5 * random.normal();
    load[i] += duty[i] + level;
  }
  add(load, slowPath(random, length, day * logBetween(random, 20, 200)), between(random, 0, 2));
  add(load, whiteNoise(random, length), logBetween(random, 0.05, 1));
  if (chance(random, 0.5)) {
    const keep = memory(day * logBetween(random, 0.05, 3));
    for (let i = 1; i < length; i++) load[i] = keep * load[i - 1] + (1 - keep) * load[i];
    standardized(load);
    add(load, whiteNoise(random, length), logBetween(random, 0.01, 0.3));
  }
  return { values: load, season: day };
}

/** A river: it rises with each rain and falls between, as two stores drain at different speeds. */
function river(random: Random, length: number): Draft {
  const stay = logBetween(random, 2, Math.max(4, length / 20));
  const [fast, slow] = [memory(stay), memory(stay * logBetween(random, 3, 30))];
  const [rate, shape] = [1 / (stay * logBetween(random, 0.5, 8)), logBetween(random, 0.3, 2)];
  const wet = slowPath(random, length, logBetween(random, 10 * stay, 60 * stay));
  let [quick, ground] = [0, exponential(random)];
  const values = Float64Array.from({ length }, (_, i) => {
    const rain = chance(random, Math.min(0.8, rate * Math.exp(0.8 * wet[i]))) ? gamma(random, shape) / shape : 0;
    quick = fast * quick + rain;
    ground = slow * ground + (1 - slow) * 3 * quick;
    return quick + ground + 0.05;
  });
  const spread = logBetween(random, 0.002, 0.08);
  return { values: mapped(values, (value) => value * Math.exp(spread * random.normal())), support: 'nonnegative' };
}

/** Solar power: elevation of the sun and clouds. */
function sun(random: Random, length: number): Draft {
  const { day } = drawDayClock(random);
  const [latitude, phase, start] = [between(random, -0.3, 0.6), random.uniform(), random.int(day)];
  const clouds = weather(random, length, day);
  const [cover, haze] = [between(random, -1, 1.5), persistent(normals(random, length), memory(day / 12))];
  const values = mapped(clouds, (value, i) => {
    const season = Math.cos(2 * Math.PI * (i / day / 365.25 + phase));
    const height = 0.35 + latitude * season - Math.cos((2 * Math.PI * (i + start)) / day);
    const clear = 1 / (1 + Math.exp(-(cover + value + 0.5 * haze[i])));
    return Math.max(0, height) * (0.15 + 0.85 * clear);
  });
  return { values, season: day, support: 'nonnegative' };
}

/** Wind power: zero below the cut-in speed, constant above the rated speed. */
function wind(random: Random, length: number): Draft {
  const { day } = drawDayClock(random);
  const gusts = weather(random, length, day);
  add(gusts, seasonal(random, length, day), between(random, 0, 0.5));
  add(gusts, persistent(normals(random, length), beta(random, 3, 1)), between(random, 0.1, 0.5));
  const [strong, rated] = [between(random, -0.2, 0.5), between(random, 1.3, 2.5)];
  const values = mapped(gusts, (value) => Math.min(1, Math.max(0, Math.exp(0.6 * value + strong) - 0.4) / rated) ** 2);
  return { values, season: day, support: 'nonnegative' };
}

const DRAWS = [
  { draw: climate, weight: 3 },
  { draw: machine, weight: 4 },
  { draw: river, weight: 1 },
  { draw: sun, weight: 1 },
  { draw: wind, weight: 1 },
] as const;

/** Draws a series. */
export const sensor = (random: Random, length: number): Draft => pickWeighted(random, DRAWS).draw(random, length);
