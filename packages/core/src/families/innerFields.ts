/** The config fields of the sequence layers inside Mamba and H3 blocks: those of S6, its ablations, and `inner`. */
import { UsageError } from '../errors.ts';
import { type InnerConfig, innerNames } from '../layers/innerLayer.ts';
import { isS6, S6_SELECTS, SELECTABLE, selectedBy } from '../layers/s6Ablation.ts';
import { field } from '../schema/index.ts';
import { choice, countOrAuto, EVEN_STATES, flag, isEven, positive, spelled } from './fields.ts';

/** The fields of S6Config, but for dState, whose default differs between families. */
export const s6Fields = {
  dtRank: spelled(countOrAuto(), { official: 'ssm_cfg.dt_rank', huggingface: 'time_step_rank' }),
  dtMin: spelled(positive(0.001), { official: 'ssm_cfg.dt_min', huggingface: 'time_step_min' }),
  dtMax: spelled(positive(0.1), { official: 'ssm_cfg.dt_max', huggingface: 'time_step_max' }),
  dtInit: spelled(choice('random', 'constant'), {
    official: 'ssm_cfg.dt_init',
    huggingface: 'time_step_init_scheme',
  }),
  dtScale: spelled(positive(1), { official: 'ssm_cfg.dt_scale', huggingface: 'time_step_scale' }),
  dtInitFloor: spelled(positive(1e-4), { official: 'ssm_cfg.dt_init_floor', huggingface: 'time_step_floor' }),
};

/** What S6AblationConfig adds. The official code knows none of it. */
export const s6AblationFields = {
  selects: spelled<string>(
    {
      default: S6_SELECTS,
      accepts: (value) => typeof value === 'string' && selectedBy(value) !== undefined,
      expected: `some of ${SELECTABLE.join(', ')} in this order, separated by commas, or 'none'`,
    },
    { official: 'ssm_cfg.selects', extension: true },
  ),
  aRank: spelled(countOrAuto(), { official: 'ssm_cfg.a_rank', extension: true }),
  deltaPerState: spelled(flag(false), { official: 'ssm_cfg.delta_per_state', extension: true }),
};

/** The field `inner`. */
export const innerField = (usual: InnerConfig['inner']) =>
  spelled(field.choice([usual, ...innerNames.filter((name) => name !== usual)], { default: usual }), {
    official: 'ssm_cfg.inner',
    extension: true,
  });

/** Refuses fields that the layer named by `inner` does not have. */
export function checkInner<C extends InnerConfig>(config: C): C {
  const { inner, dState, selects, deltaPerState, aRank } = config;
  if (inner !== 'selective' && !isS6(config)) {
    throw new UsageError(
      'config',
      `selects is '${selects}' and deltaPerState ${deltaPerState}, but inner is '${inner}', in which nothing selects. ` +
        "Leave them out, or use inner 'selective'.",
    );
  }
  if (aRank !== 'auto' && !selects.split(',').includes('A')) {
    throw new UsageError(
      'config',
      `aRank is ${aRank}, but selects is '${selects}', without A. Leave it out, or select A too.`,
    );
  }
  if (inner !== 'selective' && !isEven(dState)) {
    throw new UsageError('config', `dState is ${dState}, expected ${EVEN_STATES}: inner is '${inner}'.`);
  }
  return config;
}
