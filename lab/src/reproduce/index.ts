/** Experiments that reproduce what is claimed of these models: mamba-ts reproduce NAME. Node only. */
export { experimentOf, experiments } from './catalogue.ts';
export type { Experiment, Report, Settings } from './experiment.ts';
export { type Entry, resultsFiles, resultsPage } from './page.ts';
export { goalRows, markdownReport, resultsText } from './resultsText.ts';
export { type ConductOptions, type ConductReporter, conduct, type Results, reportOf } from './runner.ts';
export { changed } from './settings.ts';
