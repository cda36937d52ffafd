/** Fields of configs: what schema/ has, with the two spellings of config.json, and kinds that several families use. */
import { type Field, field } from '../schema/index.ts';

/** Where config.json has a value: the path of a key, with at most one dot, such as 'ssm_cfg.d_state'. */
export interface Spelling {
  /** In the official config.json. A field without it is not written. */
  readonly official?: string;
  /** In the config.json of Hugging Face. */
  readonly huggingface?: string;
  /** The official code does not know the field: it is written only where it differs from the default. */
  readonly extension?: boolean;
}

/** A field of a config, and where config.json has its value. */
export type ConfigField<T = unknown> = Field<T> & Spelling;
/** Fields of a config by key. */
export type ConfigFields = Readonly<Record<string, ConfigField>>;

/** A field of a config and its spellings. */
export const spelled = <T>(declared: Field<T>, spelling: Spelling): ConfigField<T> => ({ ...declared, ...spelling });

/** A whole number ≥ 1, up to `max`. Without a default it must be given. */
export const count = (usual?: number, max?: number): Field<number> => field.whole({ min: 1, max, default: usual });

/** A whole number ≥ 1 or 'auto', the default. */
export const countOrAuto = (): Field<number | 'auto'> =>
  field.orWord(field.whole({ min: 1 }), 'auto', { default: 'auto' });

/** A number above 0. */
export const positive = (usual: number): Field<number> => field.number({ min: 0, open: true, default: usual });

/** true or false. */
export const flag = (usual: boolean): Field<boolean> => field.flag({ default: usual });

/** One of these texts; the first is the default. */
export const choice = <const V extends string>(...values: readonly [V, ...V[]]): Field<V> =>
  field.choice(values, { default: values[0] });

/** What evenStates() accepts, for errors. */
export const EVEN_STATES = 'an even whole number ≥ 2, as modes come in conjugate pairs';
/** An even whole number ≥ 2. */
export const isEven = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 2 && (value as number) % 2 === 0;

/** States of a complex model: an even number of them. */
export const evenStates = (usual: number): Field<number> => ({
  ...field.whole({ default: usual }),
  accepts: isEven,
  expected: EVEN_STATES,
});
