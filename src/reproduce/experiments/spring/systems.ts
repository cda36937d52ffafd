/**
 * The two systems, and how a model reads them: [y · seen, seen] at each step, and where there is a switch, its
 * position for the step that led there.
 */
import type { Random } from '../../../random.ts';
import { type SpringTrajectory, type SpringWorld, springs } from '../../../tasks/springs.ts';

export interface System {
  readonly title: string;
  readonly world: SpringWorld;
}

const spring: SpringWorld = {
  mass: 1,
  damping: 0.1,
  stiffness: [4],
  step: 0.2,
  kick: 0.1,
  noise: 0.3,
  first: [1, 2],
  dwell: [6, 18],
};

export const systems = {
  fixed: { title: 'one spring', world: spring },
  switched: { title: 'a switched spring', world: { ...spring, stiffness: [1, 4], first: [1, 1.5] } },
} as const satisfies Record<string, System>;

export type SystemName = keyof typeof systems;
export const systemNames = Object.keys(systems) as SystemName[];

export const inputsOf = ({ world }: System): number => (world.stiffness.length > 1 ? 3 : 2);

export interface SpringRows {
  readonly inputs: Float32Array;
  readonly B: number;
  readonly L: number;
}

/** Trajectories as a model reads them; `isSeen` says which measurements of row b it is given. */
export function rowsOf(
  system: System,
  trajectories: readonly SpringTrajectory[],
  isSeen: (t: number, b: number) => boolean,
): SpringRows {
  const [B, L, width] = [trajectories.length, trajectories[0].measured.length, inputsOf(system)];
  const inputs = new Float32Array(B * L * width);
  trajectories.forEach(({ measured, switches }, b) => {
    for (let t = 0; t < L; t++) {
      const at = (b * L + t) * width;
      if (isSeen(t, b)) inputs.set([measured[t], 1], at);
      if (width > 2) inputs[at + 2] = switches[t];
    }
  });
  return { inputs, B, L };
}

/** What is learnt from: rows in which the measurements fall silent for up to `ahead` steps, from a random step on. */
export interface Silence {
  /** Rows are as long as this and `ahead`. */
  readonly measured: number;
  readonly ahead: number;
}

/** Batches, each with the true positions. */
export function springBatches(system: System, { measured, ahead }: Silence, batchSize: number, random: Random) {
  const make = springs(system.world, random);
  return (): SpringRows & { targets: Float32Array } => {
    const L = measured + ahead;
    const trajectories = Array.from({ length: batchSize }, () => make(L));
    const silences = trajectories.map(() => {
      const from = Math.ceil(measured / 3) + random.int(measured - Math.ceil(measured / 3) + 1);
      return [from, from + Math.ceil(ahead / 2) + random.int(ahead - Math.ceil(ahead / 2) + 1)] as const;
    });
    const rows = rowsOf(system, trajectories, (t, b) => t < silences[b][0] || t >= silences[b][1]);
    const targets = new Float32Array(batchSize * L);
    trajectories.forEach(({ positions }, b) => {
      targets.set(positions, b * L);
    });
    return { ...rows, targets };
  };
}
