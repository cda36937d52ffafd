/**
 * Matrix products in one core against its multiply-add peak, packing included, at the shapes that the
 * maps of a Mamba layer have in the forward (NT) and backward (NN: inputs, TN: weights).
 */

import { scope } from '@mamba-ts/core';
import { median } from '@mamba-ts/core/math';
import { multiply } from '../../packages/core/dist/ops/gemm.js';
import { probes } from '../machine.mjs';
import { inTurns, warmUp } from '../timing.mjs';

const GOALS = { native: { large: 0.85, small: 0.6 }, wasm: { large: 0.8 } };

export async function run({ open, quick, log }, name) {
  const backend = await open(name, 1);
  const { fma, fmaFlops } = probes(backend);
  const seconds = quick ? 0.005 : 0.02;
  const found = [];
  for (const shape of shapes(quick)) {
    const { rows, outputs, inputs, form } = shape;
    const [x, y, w] = [
      [rows, inputs],
      [rows, outputs],
      [outputs, inputs],
    ].map((size) => backend.full(size, 0.5));
    const product = {
      NT: () => multiply({ tensor: x }, { tensor: w, transposed: true }, y),
      NN: () => multiply({ tensor: y }, { tensor: w }, x),
      TN: () => multiply({ tensor: y, transposed: true }, { tensor: x }, w),
    }[form];
    const run = () => scope(product);
    if (found.length < 3) await warmUp(run, 0.5); // the first of each form
    const { ratio, a } = await inTurns(run, fma, { pairs: quick ? 3 : 5, seconds, warm: 0.01 });
    const flops = 2 * rows * outputs * inputs;
    found.push({ ...shape, share: (ratio * flops) / fmaFlops, gflops: flops / a / 1e9 });
    log(`${label(shape)}: ${Math.round(100 * found.at(-1).share)} %`);
    for (const tensor of [x, y, w]) tensor.dispose();
  }
  return ['large', 'small', 'thin'].flatMap((kind) => {
    const of = found.filter((one) => one.kind === kind).sort((a, b) => a.share - b.share);
    if (of.length === 0) return [];
    const goal = GOALS[name][kind] && { atLeast: GOALS[name][kind] };
    const row = { against: 'FMA peak of the core', unit: 'percent', goal };
    const kinds = { large: 'large', small: 'small', thin: 'map to Δ (K = d / 16)' };
    const what = `GEMM f32, one core, ${kinds[kind]}`;
    return [
      {
        ...row,
        what: `${what}, median of ${of.length} shapes`,
        measured: median(of.map((one) => one.share)),
        details: of,
      },
      { ...row, what: `${what}, worst (${label(of[0])})`, measured: of[0].share },
    ];
  });
}

/** Large: at least 512 rows, inputs and outputs. Thin: so few inputs that writing the result is the bound. */
function shapes(quick) {
  const list = [];
  for (const d of quick ? [64, 256, 1024] : [64, 128, 256, 512, 1024]) {
    const maps = { in: [4 * d, d], out: [d, 2 * d], x: [d / 16 + 32, 2 * d], dt: [2 * d, d / 16] };
    for (const rows of quick ? [64, 512] : [64, 512, 4096]) {
      for (const [map, [outputs, inputs]] of Object.entries(maps)) {
        const kind = map === 'dt' ? 'thin' : Math.min(rows, outputs, inputs) >= 512 ? 'large' : 'small';
        for (const form of ['NT', 'NN', 'TN']) list.push({ kind, map, d, rows, outputs, inputs, form });
      }
    }
  }
  return list;
}

const label = ({ map, d, rows, form }) => `${map}_proj, d ${d}, ${rows} rows, ${form}`;
