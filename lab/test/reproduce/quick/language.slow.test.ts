import { quickRun } from '../quickRun.ts';

quickRun('language');
