import { quickRun } from '../quickRun.ts';

quickRun('induction-heads');
