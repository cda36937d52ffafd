import { quickRun } from '../quickRun.ts';

quickRun('school-run');
