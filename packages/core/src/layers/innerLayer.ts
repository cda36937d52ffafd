/**
 * The sequence layer inside a block: (B, L, D) → (B, L, D), with maps of its own or none.
 *
 * The Mamba block and the H3 block take any of them, which is the ablation of table 6 of the Mamba paper:
 * 'selective' is S6, or what `selects` leaves of it; 's4d' and 's4' are the time-invariant, complex ones;
 * 's4d-real' starts on the real line.
 */
import { UsageError } from '../errors.ts';
import { S4Layer } from '../families/s4.ts';
import { evenCount, S4dLayer } from '../families/s4d.ts';
import type { Positions } from '../ops/positions.ts';
import type { ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Field, field } from './config.ts';
import type { Mixer } from './mixer.ts';
import { SelectiveLayer } from './s6.ts';
import { isPlain, type SelectionConfig, SelectionLayer } from './s6Ablation.ts';
import type { LayerState } from './state.ts';

/** As a mixer; with a gate, y is multiplied by silu(gate). */
export interface InnerLayer extends Mixer {
  forward(
    x: Tensor,
    state: LayerState | undefined,
    positions: Positions,
    gate?: Tensor,
  ): { y: Tensor; state: LayerState };
}

export const innerNames = ['selective', 's4d', 's4d-real', 's4'] as const;

export interface InnerConfig extends SelectionConfig {
  inner: (typeof innerNames)[number];
}

/** Declares the layer that the config names, over `width` channels. */
export function innerLayer(tree: ParameterTree, config: InnerConfig, width: number): InnerLayer {
  switch (config.inner) {
    case 'selective':
      return isPlain(config) ? new SelectiveLayer(tree, config, width) : new SelectionLayer(tree, config, width);
    case 's4':
      return new S4Layer(tree, config, width);
    default:
      return new S4dLayer(tree, { ...config, init: config.inner === 's4d' ? 'lin' : 'real' }, width);
  }
}

/** The field `inner`; the first of `names` is the default. */
export const innerField = (...names: readonly InnerConfig['inner'][]): Field => ({
  ...field.choice([...names, ...innerNames.filter((name) => !names.includes(name))], { official: 'ssm_cfg.inner' }),
  extension: true,
});

/** Refuses what the named layer cannot have of the fields that all share. */
export function checkInner(config: InnerConfig): InnerConfig {
  const { inner, dState } = config;
  if (inner !== 'selective' && !isPlain(config)) {
    throw new UsageError(
      'config',
      `selects is '${config.selects}' and deltaPerState ${config.deltaPerState}, but inner is '${inner}', in which nothing selects. ` +
        "Leave them out, or use inner 'selective'.",
    );
  }
  if (config.aRank !== 'auto' && !config.selects.split(',').includes('A')) {
    throw new UsageError(
      'config',
      `aRank is ${config.aRank}, but selects is '${config.selects}', without A. Leave it out, or select A too.`,
    );
  }
  const { accepts, expected } = evenCount(0, '');
  if (inner === 'selective' || accepts(dState)) return config;
  throw new UsageError('config', `dState is ${dState}, expected ${expected}: inner is '${inner}'.`);
}
