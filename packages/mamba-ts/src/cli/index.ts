/** cli. */
export { addBackendOptions } from './load.ts';
export { Bar, clock, guard, MISTAKE, onInterrupt, printTable, say } from './terminal.ts';
export { writeFile } from './textFile.ts';
