/** State space mathematics, as one list; docs/theory.md tells its story. */
export {
  discretize,
  impulseResponse,
  type LinearSystem,
  orderOf,
  type Rule,
  rules,
  simulate,
} from './discretize.ts';
export { hippoLegS, recall, remember } from './hippo.ts';
export { forward, type Hmm, sampleHmm, smooth, viterbi } from './hmm.ts';
export { filterBySweeps, filterResetting, resettingHmm } from './hmmScan.ts';
export { type Experiments, type Identified, identify } from './identify.ts';
export { kalmanEm, kalmanFilter, kalmanSmoother, type LinearGaussian } from './kalman.ts';
export { closedForm, criticalDamping, dampingOf, type MassSpring, massSpring, simulateSpring } from './massSpring.ts';
export type { Fit } from './pendulum.ts';
export { fitAndRun, fixedFeatures, type Pendulum, selectiveFeatures, simulatePendulum } from './pendulum.ts';
