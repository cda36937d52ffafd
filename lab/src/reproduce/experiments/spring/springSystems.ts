/**
 * The two systems, and the inputs of a model: [y · seen, seen] at each step, where seen is 1 if the step has a
 * measurement and else 0; and for the switched spring, the position of the switch during the step.
 */
import type { Random } from '@mamba-ts/core/random';
import { type SpringTrajectory, type SpringWorld, springs } from '../../../tasks/springs.ts';

export interface System {
  readonly title: string;
  readonly world: SpringWorld;
  /** A world that is only tested. */
  readonly other?: { readonly title: string; readonly world: SpringWorld };
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

const switched: SpringWorld = { ...spring, stiffness: [1, 4], first: [1, 1.5] };

export type SystemName = 'fixed' | 'switched';
export const systems: Readonly<Record<SystemName, System>> = {
  fixed: { title: 'one spring', world: spring },
  switched: {
    title: 'a switched spring',
    world: switched,
    other: { title: 'a spring that is switched more often than in training', world: { ...switched, dwell: [2, 5] } },
  },
};
export const systemNames = Object.keys(systems) as SystemName[];

export const inputsOf = ({ world }: System): number => (world.stiffness.length > 1 ? 3 : 2);

export interface SpringRows {
  readonly inputs: Float32Array;
  readonly B: number;
  readonly L: number;
}

/** The inputs of trajectories; `isSeen` says which measurements of row b are given. */
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

/** Rows have measured + ahead steps; from a random step on, `ahead` steps have no measurements. */
export interface Silence {
  readonly measured: number;
  readonly ahead: number;
}

/** Training batches, with the true positions as targets. */
export function springBatches(system: System, { measured, ahead }: Silence, batchSize: number, random: Random) {
  const next = springs(system.world, random);
  return (): SpringRows & { targets: Float32Array } => {
    const L = measured + ahead;
    const trajectories = Array.from({ length: batchSize }, () => next(L));
    const earliest = Math.ceil(measured / 3);
    const silent = trajectories.map(() => earliest + random.int(measured - earliest + 1));
    const rows = rowsOf(system, trajectories, (t, b) => t < silent[b] || t >= silent[b] + ahead);
    const targets = new Float32Array(batchSize * L);
    trajectories.forEach(({ positions }, b) => {
      targets.set(positions, b * L);
    });
    return { ...rows, targets };
  };
}
