import { mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** `npm run test:slow`: whole runs, child processes that are killed, quick experiments, browsers. */
const slow = mergeConfig(base, {});
slow.test = {
  ...slow.test,
  include: ['{packages/*,lab}/test/**/*.slow.test.ts', 'test/**/*.slow.test.ts'],
  exclude: ['**/node_modules/**'],
};
export default slow;
