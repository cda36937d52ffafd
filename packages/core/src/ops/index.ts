/**
 * Operations on tensors, each with its gradient. Sequences are (B, L, …): batch, time, features.
 *
 *   const y = add(mul(a, b), c);
 *   const { out, lastState } = selectiveScan({ u, delta, A, B, C, deltaSoftplus: true });
 */
export { type AttentionInput, attention } from './attention.ts';
export { type CausalConv1dInput, causalConv1d } from './causalConv1d.ts';
export { crossEntropy } from './crossEntropy.ts';
export {
  add,
  div,
  exp,
  gelu,
  log,
  mul,
  neg,
  reciprocal,
  relu,
  sigmoid,
  silu,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
} from './elementwise.ts';
export { embedding } from './embedding.ts';
export { type GatedNormInput, gatedNorm } from './gatedNorm.ts';
export { KeyValueCache } from './keyValueCache.ts';
export { linear } from './linear.ts';
export { type Mamba3ScanInput, mamba3Scan } from './mamba3Scan.ts';
export type { ModeScanInput as S4dScanInput } from './modeScan.ts';
export { layerNorm, type NormOptions, norm, rmsNorm } from './norm.ts';
export { type PinballInput, pinball } from './pinball.ts';
export { type PoolInput, type Pooling, pool } from './pool.ts';
export { documentAges, type Positions, positionsOn } from './positions.ts';
export { type QuantilesInput, quantiles } from './quantiles.ts';
export { mean, sum } from './reduce.ts';
export { reverse, reversePositions } from './reverse.ts';
export { type RotaryOptions, rotary } from './rotary.ts';
export { s4d } from './s4d.ts';
export { type S4dParameters, s4dModes, s4dScan } from './s4dScan.ts';
export { type S4Parameters, s4Modes, s4Scan } from './s4Scan.ts';
export { type SelectiveScanInput, selectiveScan } from './selectiveScan.ts';
export { contiguous, reshape, split, transposeLast } from './shape.ts';
export { softmax } from './softmax.ts';
export { squaredError } from './squaredError.ts';
export { type SsdInput, ssd } from './ssd.ts';
export { type TokenShiftInput, tokenShift } from './tokenShift.ts';
export { type WkvInput, type WkvState, wkv } from './wkv.ts';
