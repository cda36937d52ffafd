/**
 * Series that are read together: each is forecast with the past of the others as covariates.
 *
 *   const [shop, warehouse] = await f.forecast([[…], […]], { horizon: 24, together: true });
 *
 * The leaders of a series are found by correlations of innovations: ρ(l) of its εₜ with the εₜ₋ₗ of another (Haugh
 * 1976). They are tried like all covariates (forecast.ts), so unrelated series are forecast as if they were alone.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { mainSeason } from '../history.ts';
import { calendarSeasons, type SeasonOption, seasonHint } from '../seasons.ts';
import { padded, type Task, withPast } from '../task.ts';
import { innovations } from './regression.ts';

/** The number of other series that are tried for each. */
const MAX_LEADERS = 4;
const MAX_LAG = 36;
/** Each series is compared with every other, so their number is limited. */
const MAX_SERIES = 200;

/**
 * Tasks that end at the same time, each with the past of up to four others as past covariates. A series that begins
 * later has missing values at its start. The covariates have the names of the series.
 *
 * @throws UsageError more than 200 series, several ends, or several lengths where times are not known
 */
export function jointly(tasks: readonly Task[], season: SeasonOption | undefined): Task[] {
  requireFew(tasks.length);
  requireOneEnd(tasks);
  const longest = Math.max(...tasks.map(({ values }) => values.length));
  const seasons = tasks[0].seasons;
  const aligned = tasks.map((task) => ({ ...padded(task, longest - task.values.length), seasons }));
  const hint = seasonHint(season ?? calendarSeasons(seasons));
  const fresh = aligned.map(({ values }) => innovations(values, mainSeason(values, hint)));
  return aligned.map((task, i) => {
    const leaders = leadersOf(i, fresh).map((j) => [aligned[j].id, aligned[j].values]);
    return withPast(task, Object.fromEntries(leaders), 'together');
  });
}

/** Refuses more series than can be read together. */
export function requireFew(count: number): void {
  if (count <= MAX_SERIES) return;
  throw new UsageError(
    'forecast',
    `there are more than ${MAX_SERIES} series, expected at most that of series that are read together. ` +
      'Give fewer, or leave together out.',
  );
}

function requireOneEnd(tasks: readonly Task[]): void {
  const [first] = tasks;
  const endOf = ({ axis, values }: Task) => (axis ? axis.at(values.length) : values.length);
  const other = tasks.find((task) => endOf(task) !== endOf(first));
  if (other === undefined) return;
  const endText = ({ name, axis, values }: Task) =>
    axis ? `${name} ends at ${axis.label(values.length - 1)}` : `${name} has ${values.length} values`;
  throw new UsageError(
    'forecast',
    first.axis
      ? `${endText(other)} and ${endText(first)}, expected one end and one frequency of series that are read together. ` +
          'Fill in the missing rows, or leave together out.'
      : `${endText(other)} and ${endText(first)}, expected one length of series that are read together. ` +
          'Fill with NaN where one begins later, or leave together out.',
  );
}

/** The series whose past correlates most with the present of series i, the best first. */
function leadersOf(i: number, fresh: readonly Float64Array[]): number[] {
  const scores = fresh.map((other, j) => (j === i ? 0 : largestCorrelation(fresh[i], other)));
  return fresh
    .map((_, j) => j)
    .filter((j) => scores[j] > 0)
    .sort((a, b) => scores[b] - scores[a])
    .slice(0, MAX_LEADERS);
}

/** max |ρ(l)| over lags from 1 on. */
function largestCorrelation(x: Float64Array, leader: Float64Array): number {
  let largest = 0;
  for (let lag = 1; lag <= Math.min(MAX_LAG, x.length / 4); lag++) {
    let [product, squares, others] = [0, 0, 0];
    for (let t = lag; t < x.length; t++) {
      const [a, b] = [x[t], leader[t - lag]];
      if (Number.isNaN(a) || Number.isNaN(b)) continue;
      product += a * b;
      squares += a * a;
      others += b * b;
    }
    if (squares > 0 && others > 0) largest = Math.max(largest, Math.abs(product) / Math.sqrt(squares * others));
  }
  return largest;
}
