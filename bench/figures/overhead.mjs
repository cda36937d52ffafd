/** What a training step of `mamba-ts play` spends outside of kernels: JavaScript, calls, allocation, batches. */

import { byteTokenizer, Trainer, textData } from '@mamba-ts/core';
import { median } from '@mamba-ts/core/math';
import { presets, trainerOptionsIn } from '@mamba-ts/core/train';
import { KernelWatch } from '../instrument.mjs';
import { make, shakespeare } from '../workloads.mjs';

export async function run({ open, quick, cores }, name) {
  const backend = await open(name, cores);
  const model = await make('play', backend);
  const data = await textData(shakespeare().toString('utf8'), byteTokenizer());
  const trainer = new Trainer(model, data, trainerOptionsIn(presets.play));
  const watch = new KernelWatch(backend.device);
  const step = async () => {
    const begun = performance.now();
    await trainer.step();
    return (performance.now() - begun) / 1000;
  };
  for (let i = 0; i < 40; i++) await step();
  const [plain, watched, inside] = [[], [], []];
  for (let i = 0; i < (quick ? 40 : 200); i++) {
    plain.push(await step());
    watch.reset();
    watch.start();
    const seconds = await step();
    watch.stop();
    watched.push(seconds - watch.count * watch.addedCost);
    inside.push(watch.seconds);
  }
  const shares = watched.map((seconds, i) => 1 - inside[i] / seconds);
  return [
    {
      what: 'training step of mamba-ts play: outside of kernels',
      against: 'the whole step',
      unit: 'percent',
      goal: { atMost: 0.05 },
      measured: median(shares),
      details: {
        stepSeconds: median(plain),
        kernelSeconds: median(inside),
        calls: watch.count,
        secondsPerCall: watch.callCost,
        secondsPerWatch: watch.addedCost,
      },
    },
  ];
}
