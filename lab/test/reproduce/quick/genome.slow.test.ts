import { quickRun } from '../quickRun.ts';

quickRun('genome');
