/** Values that the past did not let expect. */
export { type Detection, type DetectionOptions, detectAnomalies } from './detect.ts';
export { AnomalyDetector, type DetectorOptions, type Judgement } from './detector.ts';
export type { Streaming, Walk } from './walk.ts';
