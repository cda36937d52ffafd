// Generates the TypeScript calls of the kernels from the C++ sources (kernels/kernel.h says what is read):
//
//   kernels/table.inc               the kernels in order; a kernel's number is its line
//   src/backend/kernels/<file>.ts   for each C++ file: its kernels with named arguments, its sizes, its constants
//   src/backend/kernels/names.ts    the names of the kernels by number
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const KERNEL = /((?:^\/\/.*\n)*)^KERNEL void (\w+)\(([^)]*)\)/gm;
const SIZE = /((?:^\/\/.*\n)*)^EXPORT i32 (\w+)\(((?:(?:i32|bool) \w+(?:, )?)*)\)/gm;
const CONSTANT = /^SHARED constexpr i32 (\w+) = (\d+);(?: *\/\/ *(.*))?$/gm;
const ENUM = /((?:^\/\/.*\n)*)^SHARED enum (\w+) \{([^}]*)\}/gm;
const SHARED = /^SHARED /gm;

export function generateKernels(core) {
  const names = [];
  const files = new Map();
  const all = sourcesOf(`${core}/kernels`);
  requireSlots(all);
  for (const [name, sources] of byName(all)) {
    const parts = sources.flatMap(({ constants, enums, sizes, kernels }) => [
      ...constants.map(constantText),
      ...enums.map(enumText),
      ...sizes.map(sizeText),
      ...kernels.map((kernel) => kernelText(kernel, names.push(kernel.name) - 1)),
    ]);
    if (parts.length > 0) files.set(name, [head(sources), ...parts].join('\n\n'));
  }
  files.set('names', namesText(names));

  const folder = `${core}/src/backend/kernels`;
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!files.has(name.replace(/\.ts$/, ''))) rmSync(`${folder}/${name}`);
  for (const [name, text] of files) writeIfChanged(`${folder}/${name}.ts`, `${text}\n`);
  writeIfChanged(`${core}/kernels/table.inc`, names.map((name) => `K(${name})\n`).join(''));
}

function sourcesOf(folder) {
  const files = readdirSync(folder).filter((name) => /\.(cpp|h)$/.test(name) && name !== 'kernel.h');
  return files.sort().map((file) => declarations(file, readFileSync(`${folder}/${file}`, 'utf8')));
}

/** The arguments of a call are written to MAX_SLOTS slots. */
function requireSlots(sources) {
  const slots = sources.flatMap(({ constants }) => constants).find(({ name }) => name === 'MAX_SLOTS');
  for (const { name, parameters } of sources.flatMap(({ kernels }) => kernels)) {
    if (parameters.length > Number(slots.value)) throw new Error(`${name} has more than ${slots.value} parameters`);
  }
}

/** A header and a C++ file of one name become one TypeScript file. */
function byName(sources) {
  const groups = new Map();
  for (const source of sources) {
    const name = source.file.replace(/\.\w+$/, '');
    groups.set(name, [...(groups.get(name) ?? []), source]);
  }
  return groups;
}

/** What one C++ file declares. */
function declarations(file, text) {
  const constants = [...text.matchAll(CONSTANT)].map(([, name, value, about]) => ({ name, value, about }));
  const enums = [...text.matchAll(ENUM)].map(([, about, name, members]) => ({
    about: comment(about),
    name,
    members: members.split(',').map((member) => camel(member.trim().toLowerCase())),
  }));
  if (constants.length + enums.length !== [...text.matchAll(SHARED)].length) {
    throw new Error(`${file}: expected each SHARED to be a constexpr i32 with a plain number, or an enum`);
  }
  const sizes = [...text.matchAll(SIZE)].map(([, about, name, list]) => ({
    about: comment(about),
    name,
    parameters: list ? list.split(', ').map((text) => parameterOf(text, file, name)) : [],
  }));
  const kernels = [...text.matchAll(KERNEL)].map(([, about, name, list]) => {
    const parameters = list.split(',').map((text) => parameterOf(text, file, name));
    const range = parameters.splice(-2).map(({ id }) => id);
    if (range.join() !== 'begin,end') throw new Error(`${file}: ${name} must end in (…, i32 begin, i32 end)`);
    return { about: comment(about), name, parameters: parameters.map((one) => withOwner(one, parameters, file, name)) };
  });
  for (const { name, parameters } of [...sizes, ...kernels]) {
    const ids = new Set(parameters.map(({ id }) => camel(id)));
    if (ids.size < parameters.length) throw new Error(`${file}: two parameters of ${name} have one name`);
  }
  return { file, constants, enums, sizes, kernels };
}

function parameterOf(text, file, name) {
  const match = /^(OPTIONAL )?(?:const )?(f32|i32|f64|bool)(\*?) (\w+)$/.exec(text.replace(/\s+/g, ' ').trim());
  if (!match)
    throw new Error(`${file}: ${name} has the parameter "${text.trim()}", expected a number, bool or pointer`);
  const [, optional, type, star, id] = match;
  return { id, pointer: star === '*', flag: type === 'bool', optional: optional !== undefined };
}

/** A parameter `ld<name>` is the row stride of the pointer <name>. */
function withOwner(parameter, all, file, name) {
  if (parameter.pointer) {
    return { ...parameter, strided: all.some(({ id, pointer }) => !pointer && id === `ld${parameter.id}`) };
  }
  if (!parameter.id.startsWith('ld')) return parameter;
  const owner = all.find(({ id, pointer }) => pointer && parameter.id === `ld${id}`);
  if (!owner) throw new Error(`${file}: ${name} has ${parameter.id}, but no pointer ${parameter.id.slice(2)}`);
  return { ...parameter, owner };
}

function head(sources) {
  const kernels = sources.flatMap(({ kernels }) => kernels);
  const sizes = sources.flatMap(({ sizes }) => sizes);
  const operands = kernels.flatMap(({ parameters }) => parameters.filter(({ pointer }) => pointer));
  const types = [
    ...(kernels.length + sizes.length > 0 ? ['Device'] : []),
    ...(operands.some(({ strided }) => !strided) ? ['Operand'] : []),
    ...(operands.some(({ strided }) => strided) ? ['Rows'] : []),
  ];
  const lines = [
    `// Written by scripts/kernels.mjs from ${sources.map(({ file }) => `kernels/${file}`).join(' and ')}.`,
  ];
  if (types.length > 0) lines.push(`import type { ${types.join(', ')} } from '../device.ts';`);
  return lines.join('\n');
}

const constantText = ({ name, value, about }) =>
  [...docOf(about ? [`${about[0].toUpperCase()}${about.slice(1)}.`] : []), `export const ${name} = ${value};`].join(
    '\n',
  );

function enumText({ about, name, members }) {
  const fields = members.map((member, i) => `  ${member}: ${i},`);
  return [...docOf(about), `export const ${name} = {`, ...fields, '} as const;'].join('\n');
}

function sizeText({ about, name, parameters }) {
  const fields = parameters.map(({ id, flag }) => `${camel(id)}: ${flag ? 'boolean' : 'number'}`);
  const values = parameters.map(({ id, flag }) => (flag ? `args.${camel(id)} ? 1 : 0` : `args.${camel(id)}`));
  const args = fields.length > 0 ? `, args: { ${fields.join('; ')} }` : '';
  return [
    ...docOf(about),
    `export function ${camel(name)}(device: Device${args}): number {`,
    `  return device.call(${[`'${name}'`, ...values].join(', ')});`,
    '}',
  ].join('\n');
}

function kernelText({ about, name, parameters }, number) {
  const field = (parameter) => `    ${camel(parameter.id)}: ${typeOf(parameter)};`;
  const operands = parameters.filter(({ pointer }) => pointer);
  const numbers = parameters.filter(({ pointer, owner }) => !pointer && !owner);
  return [
    ...docOf(about),
    `export function ${camel(name)}(`,
    '  device: Device,',
    '  total: number,',
    '  grain: number,',
    '  operands: {',
    ...operands.map(field),
    '  },',
    ...(numbers.length > 0 ? ['  numbers: {', ...numbers.map(field), '  },'] : []),
    '): void {',
    '  const { slots } = device;',
    ...parameters.map((parameter, i) => `  slots[${i}] = ${slotOf(parameter)};`),
    `  device.run(${number}, total, grain);`,
    '}',
  ].join('\n');
}

function typeOf({ pointer, strided, optional, flag }) {
  if (!pointer) return flag ? 'boolean' : 'number';
  return `${strided ? 'Rows' : 'Operand'}${optional ? ' | undefined' : ''}`;
}

function slotOf({ id, pointer, optional, flag, owner }) {
  if (!pointer && !owner) return flag ? `numbers.${camel(id)} ? 1 : 0` : `numbers.${camel(id)}`;
  const of = owner ?? { id, optional };
  const property = owner ? 'rowStride' : 'pointer';
  return of.optional ? `operands.${camel(of.id)}?.${property} ?? 0` : `operands.${camel(of.id)}.${property}`;
}

const namesText = (names) =>
  [
    '// Written by scripts/kernels.mjs from kernels/*.cpp.',
    '',
    '/** The kernels by number, as `Device.run` takes it. */',
    'export const kernelNames: readonly string[] = [',
    ...names.map((name) => `  '${name}',`),
    '];',
  ].join('\n');

const camel = (id) => id.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const comment = (lines) =>
  lines
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/^\/\/ ?/, ''));
const docOf = (lines) => (lines.length > 0 ? [doc(lines)] : []);

function doc(lines) {
  if (lines.length === 1) return `/** ${lines[0]} */`;
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'].join('\n');
}

function writeIfChanged(path, text) {
  let before = '';
  try {
    before = readFileSync(path, 'utf8');
  } catch {}
  if (before !== text) writeFileSync(path, text);
}
