import { quickRun } from '../quickRun.ts';

quickRun('scaling');
