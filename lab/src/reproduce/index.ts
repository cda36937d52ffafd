/** Experiments that reproduce claims about these models: npm run lab -- reproduce NAME. */
export { experimentOf, experiments } from './catalogue.ts';
export type { Report } from './experiment.ts';
export { goalTables, markdownReport } from './markdown.ts';
export { type Entry, resultsFiles, resultsPage } from './page.ts';
export { proseOf } from './prose.ts';
export { type Results, reportOf, resultsText } from './results.ts';
export { type ConductReporter, conduct } from './runner.ts';
export { changed } from './settings.ts';
