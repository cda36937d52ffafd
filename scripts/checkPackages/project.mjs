// The empty project in which the packages are tried, and what every check needs.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { published, readJson } from '../packages.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url)).slice(0, -1);
export const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mamba-ts-packages-'));
/** The user's project. */
export const user = join(folder, 'user');
mkdirSync(user);

/** Published packages: { folder, manifest, tarball }; `contents.mjs` fills in the tarballs. */
export const packages = published.map((path) => ({
  folder: `${root}/${path}`,
  manifest: readJson(`${root}/${path}/package.json`),
  tarball: undefined,
}));

export const results = { passed: 0, failed: 0 };

/** Runs one check and prints a line. A check fails by an error; what it returns is printed behind its name. */
export async function check(name, run) {
  const begun = performance.now();
  try {
    const detail = await run();
    console.log(`ok    ${name}${detail ? `: ${detail}` : ''} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
    results.passed++;
  } catch (error) {
    console.log(`FAIL  ${name}: ${error.message}`);
    results.failed++;
  }
}

export function expectEqual(what, found, expected) {
  if (found !== expected) throw new Error(`${what} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

/** What a command prints. Throws with that where the command fails. */
export function run(command, args, cwd = user) {
  const { status, stdout, stderr, error } = start(command, args, cwd);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${error ?? ''}${stdout}${stderr}`);
  return stdout;
}

/** The same for a command that may fail: { status, stdout, stderr }. */
export function start(command, args, cwd = user) {
  // npm is a script, which Windows starts through its shell.
  const shell = process.platform === 'win32' && command === 'npm';
  return spawnSync(command, args, { cwd, shell, encoding: 'utf8', timeout: 300_000 });
}

export const node = (args, cwd) => run(process.execPath, args, cwd);

/** Writes a file of the user's project. */
export const write = (name, text) => writeFileSync(join(user, name), text);

/** The script of a command that a package in this repository's node_modules brings. */
export function tool(name, command = name) {
  const path = `${root}/node_modules/${name}`;
  const { bin } = readJson(`${path}/package.json`);
  return join(path, typeof bin === 'string' ? bin : bin[command]);
}

export const gzipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length;
export const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/** Installs the four tarballs in the user's project, together, as their versions on the registry would be. */
export const install = () =>
  check('the four install together in an empty project', () => {
    write('package.json', JSON.stringify({ name: 'user', private: true, type: 'module' }));
    const args = ['install', '--no-audit', '--no-fund', ...packages.map(({ tarball }) => tarball)];
    try {
      run('npm', [...args, '--offline']);
      return "offline, from npm's cache";
    } catch {
      run('npm', [...args, '--prefer-offline']);
      return 'from the registry';
    }
  });
