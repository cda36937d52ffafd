/**
 * The school run: the next place depends on the place before, and on an announcement that may be long ago.
 *
 *   home → school → office → school → home → shop → home → school → …      while all is as usual
 *   'strike': no work, so home → school → shop → school → home → park → home → …
 *   'holiday': no school, so home → park → shop → home → …, or the other way round
 *
 * From school the way leads to the office or home, if it came from home or the office. At each place there is a wait of
 * any number of steps, and the last announcement holds until the next one. So no fixed number of previous steps is
 * enough, and content decides what must be remembered: (announcement, place, place before).
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { Random } from '@mamba-ts/core/random';
import { draw, type Unifilar } from './unifilar.ts';

export const places = ['home', 'school', 'office', 'shop', 'park'] as const;
export const announcements = ['as usual', 'strike', 'holiday'] as const;
export const waiting = 'waiting';
/** Tokens by their ids. */
export const schoolRunTokens: readonly string[] = [...places, waiting, ...announcements];

type Place = (typeof places)[number];
type Routes = Readonly<Record<Place, Readonly<Partial<Record<Place, Place>>>>>;

/** The most likely next place, by the place and the place before. */
const ROUTES: Readonly<Record<(typeof announcements)[number], Routes>> = {
  'as usual': {
    home: { school: 'shop', office: 'school', shop: 'school', park: 'school' },
    school: { home: 'office', office: 'home', shop: 'office', park: 'home' },
    office: { home: 'school', school: 'school', shop: 'home', park: 'school' },
    shop: { home: 'home', school: 'home', office: 'school', park: 'home' },
    park: { home: 'school', school: 'home', office: 'home', shop: 'home' },
  },
  strike: {
    home: { school: 'park', office: 'park', shop: 'school', park: 'school' },
    school: { home: 'shop', office: 'shop', shop: 'home', park: 'home' },
    office: { home: 'shop', school: 'home', shop: 'home', park: 'home' },
    shop: { home: 'school', school: 'school', office: 'home', park: 'home' },
    park: { home: 'home', school: 'home', office: 'home', shop: 'school' },
  },
  holiday: {
    home: { school: 'park', office: 'shop', shop: 'park', park: 'shop' },
    school: { home: 'park', office: 'park', shop: 'home', park: 'home' },
    office: { home: 'park', school: 'shop', shop: 'park', park: 'home' },
    shop: { home: 'park', school: 'park', office: 'home', park: 'home' },
    park: { home: 'shop', school: 'home', office: 'shop', shop: 'home' },
  },
};

export interface SchoolRunOptions {
  /** Probability that a step is an announcement; the three are equally likely. */
  announce: number;
  /** Probability that a wait begins on arrival, and that a wait continues. */
  wait: number;
  stay: number;
  /** Probability of the likely next place; the others share the rest. */
  sure: number;
}

/** The source. Its state is (announcement, place before, place, waiting): all that the past says about the future. */
export function schoolRun({ announce, wait, stay, sure }: SchoolRunOptions): Unifilar {
  for (const [name, p] of Object.entries({ announce, wait, stay, sure })) {
    if (!(p > 0 && p < 1))
      throw new UsageError('schoolRun', `${name} is ${p}, expected a probability between 0 and 1.`);
  }
  const longest = Math.max(wait, stay);
  if (!(announce + longest < 1)) {
    throw new UsageError(
      'schoolRun',
      `announce is ${announce} and waiting has ${longest}, expected less than 1 together. ` +
        'The other steps are moves.',
    );
  }
  const states = announcements.flatMap((news) =>
    places.flatMap((before) =>
      places.filter((at) => at !== before).flatMap((at) => [false, true].map((waits) => ({ news, before, at, waits }))),
    ),
  );
  const index = new Map(states.map(({ news, before, at, waits }, i) => [[news, before, at, waits].join(), i]));
  const stateOf = (...key: (string | boolean)[]) => index.get(key.join()) ?? -1;
  return {
    symbols: schoolRunTokens,
    start: stateOf('as usual', 'shop', 'home', false),
    emission: states.map(({ news, before, at, waits }) => {
      const again = waits ? stay : wait;
      const move = 1 - announce - again;
      const share = (to: string) => (to === ROUTES[news][at][before] ? sure : (1 - sure) / (places.length - 2));
      return [
        ...places.map((to) => (to === at ? 0 : move * share(to))),
        again,
        ...announcements.map(() => announce / announcements.length),
      ];
    }),
    // A move to the same place cannot happen; it leaves the state unchanged.
    next: states.map(({ news, before, at, waits }, i) => [
      ...places.map((to) => (to === at ? i : stateOf(news, at, to, false))),
      stateOf(news, before, at, true),
      ...announcements.map((next) => stateOf(next, before, at, waits)),
    ]),
  };
}

/** A sequence that begins with an announcement; the three are equally likely, as at any later time. */
export function drawSchoolRun(source: Unifilar, random: Random, length: number): Int32Array {
  const first = schoolRunTokens.length - announcements.length + random.int(announcements.length);
  return draw(source, random, length, [first]).symbols;
}
