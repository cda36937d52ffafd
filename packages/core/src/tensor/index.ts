/** Backends, tensors, their memory, gradients and the optimiser. */
export { isBackend, openBackend } from './backend.ts';
export { AdamW } from './optimizer.ts';
export { enter, keep, scope } from './scope.ts';
export { held } from './storage.ts';
export { valueAndGrad, withoutGradients } from './tape.ts';
export { type Backend, type Shape, Tensor } from './tensor.ts';
