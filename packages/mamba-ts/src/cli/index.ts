/** Parts of the command line that the laboratory uses, too. */
export { addBackendOptions } from './load.ts';
export { createProgram } from './program.ts';
export { Bar, clock, guard, onInterrupt, printTable, say } from './terminal.ts';
export { writeFile } from './textFile.ts';
