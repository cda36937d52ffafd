import { quickRun } from '../quickRun.ts';

quickRun('ablation-selectivity');
