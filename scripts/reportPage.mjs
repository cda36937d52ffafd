// Writes packages/forecast/src/report/page/assets.ts, which holds page.js and page.css as strings: a report is one
// HTML file, and html() makes it in browsers, too, where it cannot read files.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export function generateReportPage(root) {
  const folder = `${root}/src/report/page`;
  const read = (name) =>
    readFileSync(`${folder}/${name}`, 'utf8')
      .replace(/^(\/\/.*\n|\/\*.*\*\/\n)+/, '')
      .trim();
  const text = [
    '// Generated from page.js and page.css by scripts/reportPage.mjs.',
    '',
    `export const script = ${JSON.stringify(read('page.js'))};`,
    '',
    `export const style = ${JSON.stringify(read('page.css'))};`,
    '',
  ].join('\n');
  const path = `${folder}/assets.ts`;
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}
