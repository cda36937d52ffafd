/** tensor. */
export { Backend, openBackend } from './backend.ts';
export { AdamW } from './optimizer.ts';
export { enter, keep, scope } from './scope.ts';
export { valueAndGrad, withoutGradients } from './tape.ts';
export { type Shape, Tensor } from './tensor.ts';
