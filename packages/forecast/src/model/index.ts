/** model. */
export { NETWORK_SHAPE } from './network.ts';
