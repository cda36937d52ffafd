// Reads the KERNEL signatures in kernels/*.cpp and writes the two lists that follow from them:
// kernels/table.inc (the order of the kernels) and src/backend/kernelTable.ts (their names and types).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const KERNEL = /^KERNEL void (\w+)\(([^)]*)\)/gm;
const typeOf = (type) => (type.endsWith('*') ? 'Pointer' : 'number');

export function generateKernelTable(root) {
  const kernels = [];
  for (const file of readdirSync(`${root}/kernels`)
    .filter((name) => name.endsWith('.cpp'))
    .sort()) {
    const source = readFileSync(`${root}/kernels/${file}`, 'utf8');
    for (const [, name, list] of source.matchAll(KERNEL)) {
      const parameters = list.split(',').map((one) => {
        const [, type, id] = /^(.*?)(\w+)$/.exec(one.replace(/\s+/g, ' ').trim());
        return { id: id.replace(/_$/, ''), type: type.replace(/\bconst\b/g, '').replace(/\s/g, '') };
      });
      const range = parameters
        .splice(-2)
        .map((p) => p.id)
        .join();
      if (range !== 'begin,end') throw new Error(`${file}: ${name} must end in (…, i32 begin, i32 end)`);
      kernels.push({ name, parameters });
    }
  }
  const camel = (id) => id.replace(/_(\w)/g, (_, c) => c.toUpperCase());
  const rows = kernels.map(({ name, parameters }) => {
    const types = parameters.map(({ id, type }) => `${camel(id)}: ${typeOf(type)}`).join(', ');
    return `  ${name}: [${types}];`;
  });
  const table = [
    '// Generated from the signatures in kernels/ by scripts/kernels.mjs.',
    '',
    "/** An address in the device's heap; 0 is null. */",
    'export type Pointer = number;',
    '',
    'export interface KernelArguments {',
    ...rows,
    '}',
    '',
    'export type KernelName = keyof KernelArguments;',
    '',
    'export const kernelNames: readonly KernelName[] = [',
    ...kernels.map(({ name }) => `  '${name}',`),
    '];',
    '',
  ].join('\n');
  writeIfChanged(`${root}/kernels/table.inc`, kernels.map(({ name }) => `K(${name})\n`).join(''));
  writeIfChanged(`${root}/src/backend/kernelTable.ts`, table);
}

function writeIfChanged(path, text) {
  let before = '';
  try {
    before = readFileSync(path, 'utf8');
  } catch {}
  if (before !== text) writeFileSync(path, text);
}
