/** State space mathematics in f64: discretization, HiPPO, HMMs, the Kalman filter, identification. docs/theory.md explains them. */
export {
  convergenceOrder,
  type DiscretizationRule,
  discretizationRules,
  discretize,
  type LinearSystem,
  simulateLinear,
} from './discretize.ts';
export { hippoLegS, hippoProject, hippoReconstruct } from './hippo.ts';
export { type Hmm, hmmForward, hmmSample, hmmSmooth, hmmViterbi } from './hmm.ts';
export { hmmFilterBySweeps, hmmFilterResetting, resettingHmm } from './hmmScan.ts';
export { type IdentifiedSystem, identifySystem, type SystemExperiments } from './identify.ts';
export { kalmanEm, kalmanFilter, kalmanSmoother, type LinearGaussian } from './kalman.ts';
export {
  criticalDamping,
  type MassSpring,
  massSpring,
  simulateSpring,
  springClosedForm,
  springDamping,
} from './massSpring.ts';
export type { PendulumFit } from './pendulum.ts';
export { fitPendulum, ltiFeatures, type Pendulum, selectiveFeatures, simulatePendulum } from './pendulum.ts';
