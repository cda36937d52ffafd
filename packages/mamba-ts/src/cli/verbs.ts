/** The verbs of mamba-ts by group, as --help lists them. The module of a verb is loaded only where it is needed. */
import type { Command } from 'commander';

/** A verb of the command line. */
export interface Verb {
  /** What it does, in one line. */
  readonly about: string;
  /** Its module. */
  load(): Promise<{ define(command: Command): void }>;
}

/** Verbs by heading and name. */
export const verbs: Readonly<Record<string, Readonly<Record<string, Verb>>>> = {
  'Forecasting:': {
    start: {
      about: 'forecast a bundled series: a chart, a report, and what to try next',
      load: () => import('./start.ts'),
    },
    forecast: {
      about: 'the future of every series in a table: no training',
      load: () => import('./forecast.ts'),
    },
    backtest: {
      about: 'how good forecasts of the past would have been, compared with baselines',
      load: () => import('./backtest.ts'),
    },
    anomalies: {
      about: 'values that are unlikely given the past',
      load: () => import('./anomalies.ts'),
    },
    finetune: {
      about: 'fine-tune the forecaster on the series of a table',
      load: () => import('./finetune.ts'),
    },
    serve: {
      about: 'serve forecasts over HTTP',
      load: () => import('./serve.ts'),
    },
  },
  'Models:': {
    play: {
      about: 'train on Shakespeare for a minute, then generate a scene',
      load: () => import('./play.ts'),
    },
    train: {
      about: 'train a model on text, sound, DNA, tables or series; saves checkpoints and resumes from them',
      load: () => import('./train.ts'),
    },
    generate: {
      about: 'generate text with a model',
      load: () => import('./generate.ts'),
    },
    eval: {
      about: 'measure a model: loss, bits per byte and perplexity; or accuracy; or errors of values',
      load: () => import('./eval.ts'),
    },
    predict: {
      about: 'predict classes or values of new data',
      load: () => import('./predict.ts'),
    },
    info: {
      about: 'parameters, state, FLOPs and memory of a model',
      load: () => import('./info.ts'),
    },
  },
  'Other:': {
    doctor: {
      about: 'which backends run on this machine, and how fast',
      load: () => import('./doctor.ts'),
    },
  },
};
