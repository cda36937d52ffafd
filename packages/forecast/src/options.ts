/** What a forecast is asked for, checked once: every error says what, got, expected, and what to do. */
import { UsageError } from '@mamba-ts/core/errors';
import { closest } from 'fastest-levenshtein';
import { boundsOf, tidy } from './quantiles.ts';
import type { ForecastOptions, SeasonOption } from './types.ts';

/** What a forecaster can rely on. */
export interface CheckedOptions {
  horizon: number;
  /** Rising, each once; undefined where none were asked for. */
  levels?: number[];
  /** Rising, each once. */
  quantiles: number[];
  /** Rising; empty: none; undefined: to be found in the values. */
  seasons?: number[];
  /** Rising: to be taken where the values show them. */
  likelySeasons?: number[];
  nonNegative?: boolean;
  integer: boolean;
}

/** Further ahead than anyone plans; what is beyond is a mistake, a time stamp for a number of steps, say. */
export const MAX_HORIZON = 100_000;

export const DEFAULT_QUANTILES: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

const NAMES = ['horizon', 'levels', 'quantiles', 'season', 'nonNegative', 'integer'];

/** `also`: further options that the caller knows. */
export function checkOptions(options: ForecastOptions, also: readonly string[] = []): CheckedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new UsageError('forecast', `the options are ${shown(options)}, expected an object such as { horizon: 24 }.`);
  }
  requireNames(Object.keys(options), [...NAMES, ...also]);
  return {
    horizon: checkHorizon(options.horizon),
    levels: options.levels === undefined ? undefined : checkLevels(options.levels),
    quantiles: checkQuantiles(options.quantiles ?? DEFAULT_QUANTILES),
    ...seasonsOf(options.season),
    nonNegative: checkFlag('nonNegative', options.nonNegative),
    integer: checkFlag('integer', options.integer) ?? false,
  };
}

/** Whole steps, from 1 to MAX_HORIZON. */
export function checkHorizon(horizon: number): number {
  if (Number.isSafeInteger(horizon) && horizon >= 1 && horizon <= MAX_HORIZON) return horizon;
  const help = horizon > MAX_HORIZON ? 'Forecast coarser steps, days for minutes, say.' : 'Say how many steps ahead.';
  throw new UsageError(
    'forecast',
    `horizon is ${shown(horizon)}, expected a whole number from 1 to ${MAX_HORIZON}. ${help}`,
  );
}

/** Central intervals in per cent. */
export function checkLevels(levels: readonly number[]): number[] {
  for (const level of requireList('levels', levels, '[80, 95]')) {
    if (!(typeof level === 'number' && level > 0 && level < 100)) {
      throw new UsageError(
        'forecast',
        `levels has ${shown(level)}, expected per cent between 0 and 100, both excluded, such as 80 or 95.`,
      );
    }
    // 0.8 would be an answer to a question that nobody asks.
    if (level < 1) {
      throw new UsageError(
        'forecast',
        `levels has ${level}, expected per cent from 1 on. Did you mean ${tidy(level * 100)}? Single probabilities are \`quantiles\`.`,
      );
    }
  }
  return rising(levels);
}

/** Probabilities. */
export function checkQuantiles(quantiles: readonly number[]): number[] {
  for (const p of requireList('quantiles', quantiles, '[0.1, 0.5, 0.9]')) {
    if (typeof p === 'number' && tidy(p) > 0 && tidy(p) < 1) continue;
    const help = typeof p === 'number' && p >= 1 && p < 100 ? ` Did you mean ${tidy(p / 100)}?` : '';
    throw new UsageError(
      'forecast',
      `quantiles has ${shown(p)}, expected numbers between 0 and 1, both excluded.${help}`,
    );
  }
  return rising(quantiles);
}

/** The bounds of `levels` among the quantiles: an interval of 95 % is the quantiles 0.025 and 0.975. */
export function withBounds(options: ForecastOptions): ForecastOptions {
  if (options?.levels === undefined) return options;
  const bounds = checkLevels(options.levels).flatMap(boundsOf);
  return { ...options, quantiles: [...checkQuantiles(options.quantiles ?? DEFAULT_QUANTILES), ...bounds] };
}

function seasonsOf(season: SeasonOption | undefined): Pick<CheckedOptions, 'seasons' | 'likelySeasons'> {
  if (season === undefined) return {};
  return isLikely(season) ? { likelySeasons: checkSeason(season) } : { seasons: checkSeason(season) };
}

/** The seasons of a calendar as an option: none leaves it to the values. */
export const likely = (seasons: readonly number[]): SeasonOption | undefined =>
  seasons.length > 0 ? { likely: seasons } : undefined;

const isLikely = (season: SeasonOption): season is { likely: readonly number[] } =>
  typeof season === 'object' && season !== null && 'likely' in season;

/** Steps of seasons, given or likely; 1 means none. */
export function checkSeason(season: SeasonOption): number[] {
  if (isLikely(season)) return checkSeason(season.likely);
  const seasons =
    typeof season === 'number' ? [season] : requireList('season', season as readonly number[], '24 or [24, 168]');
  for (const steps of seasons) {
    if (Number.isSafeInteger(steps) && steps >= 1) continue;
    throw new UsageError(
      'forecast',
      `season is ${shown(steps)}, expected a whole number of steps such as 24, several as [24, 168], or 1 for none. ` +
        'Leave it out to have it found in the values.',
    );
  }
  return rising(seasons).filter((steps) => steps > 1);
}

function checkFlag(name: string, flag: boolean | undefined): boolean | undefined {
  if (flag === undefined || typeof flag === 'boolean') return flag;
  throw new UsageError('forecast', `${name} is ${shown(flag)}, expected true or false.`);
}

function requireNames(names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(
    'forecast',
    `unknown option '${unknown}', expected ${known.join(', ')}. Did you mean '${closest(unknown, known)}'?`,
  );
}

function requireList<T>(name: string, list: readonly T[], example: string): readonly T[] {
  if (Array.isArray(list) && list.length > 0) return list;
  throw new UsageError('forecast', `${name} is ${shown(list)}, expected a list of numbers such as ${example}.`);
}

const rising = (values: readonly number[]): number[] => [...new Set(values.map(tidy))].sort((a, b) => a - b);

function shown(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
