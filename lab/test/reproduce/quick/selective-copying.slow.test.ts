import { quickRun } from '../quickRun.ts';

quickRun('selective-copying');
