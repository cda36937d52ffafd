import { quickRun } from '../quickRun.ts';

quickRun('architecture');
