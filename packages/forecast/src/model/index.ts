/** How the forecaster reads a series and predicts it: normalization, features, network, calibration. */
export { NETWORK_SHAPE } from './network.ts';
