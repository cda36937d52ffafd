/** cli. */
export { addBackendOptions } from './load.ts';
export { MISTAKE, Bar, clock, guard, onInterrupt, printTable, say } from './terminal.ts';
export { writeFile } from './textFile.ts';
