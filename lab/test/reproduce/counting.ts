/** An experiment that costs nothing: run i gives i × `times`, and can be told to fail or to stop. */
import { defineExperiment, type Experiment, Stopped } from '../../src/reproduce/experiment.ts';

export interface Asked {
  /** Ids in the order in which they were run. */
  ran: string[];
  /** What stops or breaks a run. */
  before?(id: string): void;
  bytes?: number;
}

type CountingSettings = { seeds: readonly number[]; times: number; label: string; sharp: boolean; names: string[] };

export function counting(asked: Asked): Experiment {
  return defineExperiment<CountingSettings, { value: number }>({
    name: 'counting',
    about: 'counting works',
    claim: 'table 0: one, two, three',
    scale: 'as it is',
    notes: ['Nothing differs.'],
    full: { seeds: [1, 2, 3], times: 10, label: 'x', sharp: false, names: ['a', 'b'] },
    quick: { seeds: [1], times: 1, label: 'x', sharp: false, names: ['a'] },
    runs: ({ seeds }) => seeds.map((seed) => ({ id: `seed-${seed}`, label: `seed ${seed}`, work: seed })),
    bytes: () => asked.bytes ?? 0,
    async run({ id }, { times }, { signal, progress, data }) {
      asked.ran.push(id);
      progress(0.5, 'half');
      asked.before?.(id);
      if (signal.aborted) throw new Stopped();
      if (times === 0) await data('nothing.txt');
      return { value: times * Number(id.slice(5)) };
    },
    report: ({ seeds }, results) => {
      const values = seeds.map((seed) => results.get(`seed-${seed}`)?.value ?? Number.NaN);
      return {
        tables: [
          { title: 'Counts', rows: [['seed', 'value'], ...seeds.map((seed, i) => [`${seed}`, `${values[i]}`])] },
        ],
        says: [`The last is ${values.at(-1)}.`],
        goals: [{ what: 'the first is 10', measured: `${values[0]}`, reached: values[0] === 10 }],
        figure: {
          title: 'Counting',
          panels: [{ x: { label: 'seed' }, y: { label: 'value' }, series: [{ x: [...seeds], y: values }] }],
        },
      };
    },
  });
}
