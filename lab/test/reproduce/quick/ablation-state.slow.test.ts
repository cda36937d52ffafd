import { quickRun } from '../quickRun.ts';

quickRun('ablation-state');
