/** Values that are unlikely given the values before them, at a promised rate of false alarms. */
export { type Detection, type DetectionOptions, detectAnomalies, type SeriesDetection } from './detect.ts';
export { AnomalyDetector, type Judgement } from './detector.ts';
export { type DetectorOptions, detectorFields } from './options.ts';
