import { quickRun } from '../quickRun.ts';

quickRun('spring');
