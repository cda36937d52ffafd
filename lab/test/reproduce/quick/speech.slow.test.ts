import { quickRun } from '../quickRun.ts';

quickRun('speech');
