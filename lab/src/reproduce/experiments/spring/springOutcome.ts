/** The errors of all predictors on a system. */
import { UsageError } from '@mamba-ts/core/errors';
import type { SpringWorld } from '../../../tasks/springs.ts';
import { type Row, resultsWith } from '../../experiment.ts';
import { errorUpTo } from './springPredictors.ts';
import { type SystemName, systems } from './springSystems.ts';
import {
  type Example,
  type PredictorName,
  predictorNames,
  type SpringModel,
  type SpringResult,
  type SpringVariant,
  springModels,
} from './springTypes.ts';

export type Predicting = SpringModel | PredictorName;

export const nameOf = (predictor: Predicting): string =>
  predictor in springModels ? springModels[predictor as SpringModel].name : predictorNames[predictor as PredictorName];

/** A predictor on a system: its errors by horizon, for each seed. */
export interface Measured {
  readonly predictor: Predicting;
  readonly seeds: readonly (readonly number[])[];
  /** Of a model. */
  readonly parameters?: number;
}

/** The measurements of one world. */
export interface Outcome {
  readonly title: string;
  readonly world: SpringWorld;
  readonly rows: readonly Measured[];
}

/** In the world of training, and in the other one. */
export interface SystemOutcome extends Outcome {
  readonly other?: Outcome;
  readonly example: Example;
  readonly predicted: Readonly<Record<string, number[]>>;
}

/** The settings that the report depends on. */
export interface ReportSettings {
  models: readonly SpringModel[];
  measured: number;
  ahead: number;
  horizon: number;
}

export type Rows = readonly Row<SpringVariant, SpringResult>[];

export function outcomeOf(rows: Rows, system: SystemName, { models }: ReportSettings): SystemOutcome {
  const [known] = resultsWith(rows, { system, model: 'known' });
  const { example } = known;
  if (!example) throw new UsageError('spring', `the result of ${system}-known has no example. Run it again.`);
  const seedsOf = (model: SpringModel) => resultsWith(rows, { system, model });
  const measuredIn = (errorsIn: (result: SpringResult) => Readonly<Record<string, number[]>>): Measured[] => [
    ...(Object.keys(predictorNames) as PredictorName[]).map((predictor) => ({
      predictor,
      seeds: [errorsIn(known)[predictor]],
    })),
    ...models.map((model) => {
      const seeds = seedsOf(model);
      return {
        predictor: model,
        seeds: seeds.map((result) => errorsIn(result)[model]),
        parameters: seeds[0].parameters,
      };
    }),
  ];
  const { other, ...world } = systems[system];
  return {
    ...world,
    rows: measuredIn(({ errors }) => errors),
    other: other && { ...other, rows: measuredIn((result) => result.other ?? {}) },
    example,
    predicted: Object.assign({ ...known.predicted }, ...models.map((model) => seedsOf(model)[0].predicted)),
  };
}

export function rowOf({ rows, title }: Outcome, predictor: Predicting): Measured {
  const found = rows.find((row) => row.predictor === predictor);
  if (!found) throw new UsageError('spring', `there are no errors of ${predictor} on ${title}.`);
  return found;
}

/** By seed, over the horizons of training. */
export const overall = (outcome: Outcome, predictor: Predicting, until: number): number[] =>
  rowOf(outcome, predictor).seeds.map((errors) => errorUpTo(errors, until));

/** By seed, over the error of another predictor, which has no seeds. */
export function relative(outcome: Outcome, predictor: Predicting, to: PredictorName, until: number): number[] {
  const [base] = overall(outcome, to, until);
  return overall(outcome, predictor, until).map((error) => error / base);
}

/** By seed, over the horizons beyond those of training, over the error of the Kalman filter. */
export function beyond(outcome: Outcome, predictor: Predicting, { ahead, horizon }: ReportSettings): number[] {
  const far = (errors: readonly number[]) => errorUpTo([0, ...errors.slice(ahead + 1)], horizon - ahead);
  const [base] = rowOf(outcome, 'kalman').seeds.map(far);
  return rowOf(outcome, predictor).seeds.map((errors) => far(errors) / base);
}
