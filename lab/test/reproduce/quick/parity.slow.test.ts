import { quickRun } from '../quickRun.ts';

quickRun('parity');
