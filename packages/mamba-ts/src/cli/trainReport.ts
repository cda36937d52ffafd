/** A training run in a terminal: a progress bar, and a line from time to time. */

import { join } from 'node:path';
import type { AnyConfig } from '@mamba-ts/core/layers';
import { thousands } from '@mamba-ts/core/math';
import { type Reporter, size, trainFields } from '@mamba-ts/core/train';
import { headline } from './figures.ts';
import { Bar, clock, say } from './terminal.ts';

/** `every`: updates between lines. */
export function trainReporter(every: number): Reporter & { end(): void } {
  const bar = new Bar('{bar} {percentage}% | {line}');
  let validation = '';
  let speed = 0;
  return {
    start({ config, model, trainTokens, validationTokens, unit, steps, resumedAt }) {
      const { options } = config;
      const { backend } = model;
      say(`model    ${options.model}, ${thousands(model.tree.count())} parameters: ${summary(model.config)}`);
      say(
        `data     ${options.data}: ${thousands(trainTokens)} ${unit} to train on, ${thousands(validationTokens)} to validate`,
      );
      say(`backend  ${backend.name}: ${backend.device.description}`);
      say(
        `memory   about ${size(model.trainingBytes(options.batchSize, steps))} for a step of ${options.batchSize} × ${steps} ${unit === 'tokens' ? 'tokens' : 'steps'}`,
      );
      say(`options  ${changed({ ...options, ...config.modelKeys })}; all are in ${join(options.out, 'train.json')}`);
      if (resumedAt !== undefined) say(`resumed  at iteration ${resumedAt}`);
    },
    step({ iter, loss, learningRate, gradientNorm, tokensPerSecond, done, seconds }) {
      speed = speed ? 0.9 * speed + 0.1 * tokensPerSecond : tokensPerSecond;
      const left = done > 0 ? clock((seconds / done) * (1 - done)) : '?';
      const parts = [
        `iter ${iter}`,
        `loss ${loss.toFixed(4)}`,
        validation,
        `lr ${learningRate.toExponential(1)}`,
        `norm ${gradientNorm.toFixed(2)}`,
      ];
      const line = [...parts, `${thousands(speed)} tokens/s`, `${left} left`].filter(Boolean).join(' | ');
      bar.update(done, { line });
      if (iter % every === 0 || iter === 1) bar.line(line);
    },
    evaluated(evaluation) {
      validation = `val ${headline(evaluation)}`;
    },
    end: () => bar.stop(),
  };
}

function summary({ dModel, nLayer, vocabSize, ...rest }: AnyConfig): string {
  const inputs = vocabSize > 0 ? `vocabulary ${thousands(vocabSize)}` : `${rest.dInput} numbers a step`;
  return `dModel ${dModel}, ${nLayer} layers, ${inputs}`;
}

/** Lines of their own say these. */
const SAID = ['data', 'out', 'model', 'task'];

/** The options that differ from their defaults. */
function changed(options: Readonly<Record<string, unknown>>): string {
  const defaults = trainFields as Readonly<Record<string, { default?: unknown }>>;
  const parts = Object.entries(options).flatMap(([name, value]) => {
    const isDefault = JSON.stringify(value) === JSON.stringify(defaults[name]?.default);
    return value === undefined || isDefault || SAID.includes(name) ? [] : [`${name} ${value}`];
  });
  return parts.length > 0 ? parts.join(', ') : 'the defaults';
}
