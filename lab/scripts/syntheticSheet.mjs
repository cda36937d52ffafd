// Draws a sheet of synthetic series: what the forecaster is trained on. After `npm run build`:
//   node lab/scripts/syntheticSheet.mjs [sheet.svg] [--prior dailyLife] [--length 512] [--seed 1] [--count 30]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '@mamba-ts/core/random';
import { figure } from '@mamba-ts/forecast/chart';
// The priors are not part of the package's API.
import { CATALOGUE, sampleSeries } from '../../packages/forecast/dist/synthetic/catalogue.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prior: { type: 'string' },
    length: { type: 'string', default: '512' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '30' },
  },
});
const [file = 'sheet.svg'] = positionals;
const [length, seed, count] = [options.length, options.seed, options.count].map(Number);
const prior = CATALOGUE.find(({ name }) => name === options.prior);
if (options.prior && !prior) {
  const names = CATALOGUE.map(({ name }) => name).join(', ');
  throw new Error(`--prior is '${options.prior}', expected one of ${names}.`);
}

const random = new Random(seed);
const panels = Array.from({ length: count }, () => {
  const {
    values,
    season,
    prior: name,
  } = prior ? { ...prior.draw(random, length), prior: prior.name } : sampleSeries(random, length);
  return {
    title: `${name.length > 24 ? `${name.slice(0, 23)}…` : name}${season ? `, ${season}` : ''}`,
    height: 150,
    x: { label: '', range: [0, length - 1] },
    y: { label: '' },
    series: [{ x: Array.from(values, (_, i) => i), y: Array.from(values), width: 0.8 }],
  };
});
writeFileSync(file, figure({ title: `Synthetic series, seed ${seed}`, panels, columns: 3 }));
console.log(`${count} series in ${file}.`);
