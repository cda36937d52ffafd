/** The steps from the spring to Mamba, in the order of docs/theory.md. */
import type { Demo } from './demo.ts';
import { discretization } from './discretization.ts';
import { hippo } from './hippo.ts';
import { hmm } from './hmm.ts';
import { identify } from './identify.ts';
import { kalman } from './kalman.ts';
import { pendulum } from './pendulum.ts';
import { scan } from './scan.ts';
import { spring } from './spring.ts';
import { stability } from './stability.ts';

export const demos: readonly Demo[] = [spring, discretization, stability, hippo, identify, pendulum, kalman, hmm, scan];
