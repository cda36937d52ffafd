/**
 * The built package in separate processes: how they end, and the cache of the native library. For the cache, a
 * stand-in compiler answers as the real one does and copies the library that was built before, so that filling a cache
 * takes no time; it logs every build.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nativeBackend } from '../../../../test/support/backends.ts';
import { buildDist, runScript } from '../../../../test/support/children.ts';
import { findNativeLibrary } from '../../src/backend/nativeLibrary.ts';

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';
/** Whether other users may read this package: the home folder of root is closed to them. */
const isOpen = (path: string): boolean =>
  (statSync(path).mode & 0o005) === 0o005 && (path === '/' || isOpen(dirname(path)));
const othersRun = isRoot && isOpen(dirname(fileURLToPath(import.meta.url)));
/** Other users: `nobody`, and a number without a name or a home folder. */
const [NOBODY, UNNAMED_USER] = [65_534, 54_321];
const base = mkdtempSync(join(tmpdir(), 'mamba-ts-test-'));
const { PATH = '' } = process.env;

beforeAll(buildDist);
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe('without a compiler', () => {
  const env = { PATH: join(base, 'nothing'), HOME: base };

  it('native says what was tried and what to do', async () => {
    const { stdout } = await runScript(`await m.openBackend('native').catch((e) => console.log(e.message));`, { env });
    expect(stdout).toBe(
      'native: no C++ compiler works here (tried g++, clang++, c++). Install g++ or clang++ ' +
        '(Debian: apt install g++, macOS: xcode-select --install), or use the wasm backend.\n',
    );
  });

  it('names the compiler that CXX gives', async () => {
    const { stdout } = await runScript(`await m.openBackend('native').catch((e) => console.log(e.message));`, {
      env: { ...env, CXX: '/no/such/compiler' },
    });
    expect(stdout).toContain('native: no C++ compiler works here (tried /no/such/compiler).');
  });

  it('auto takes wasm', async () => {
    const { stdout, stderr, code } = await runScript(
      `const backend = await m.openBackend('auto', { threads: 2 });
       console.log(backend.name, m.ops.sum(backend.full([10], 3)).read()[0]);`,
      { env },
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'wasm 30\n', stderr: '' });
  });
});

describe.skipIf(!nativeBackend || process.platform === 'win32')('the cache of the native library', () => {
  let folder: string;
  let cache: string;
  let temporary: string;
  let compiler: string;
  let log: string;

  beforeEach(async () => {
    const library = (await findNativeLibrary()).path;
    folder = mkdtempSync(join(base, 'case-'));
    [cache, temporary, compiler, log] = ['cache', 'tmp', 'compiler', 'builds'].map((name) => join(folder, name));
    mkdirSync(temporary);
    // Other users than root run in it too.
    for (const path of [base, folder]) chmodSync(path, 0o755);
    chmodSync(temporary, 0o1777);
    writeFileSync(log, '');
    chmodSync(log, 0o666);
    const copy = join(folder, 'library.so');
    writeFileSync(copy, readFileSync(library));
    const real = process.env.CXX ?? 'g++';
    writeFileSync(
      compiler,
      `#!/bin/sh
case "$*" in *-dM*) exec ${real} "$@";; esac
while [ "$1" != -o ]; do shift; done
echo build >> ${log}
head -c 1000 ${copy} > "$2"
sleep 0.2
cat ${copy} > "$2"
chmod 755 "$2"
`,
    );
    chmodSync(compiler, 0o755);
  });

  const SCRIPT = `const fs = await import('node:fs');
    const backend = await m.openBackend('native', { threads: 2 });
    const loaded = fs.existsSync('/proc/self/maps')
      ? /\\S*kernels-\\S*/.exec(fs.readFileSync('/proc/self/maps', 'utf8'))?.[0] : undefined;
    console.log(JSON.stringify({ sum: m.ops.sum(backend.full([10], 3)).read()[0], loaded }));`;

  /** Opens native in a separate process. The library that it loaded. */
  async function open(env: Record<string, string> = {}, uid?: number): Promise<string | undefined> {
    const ended = await runScript(SCRIPT, {
      env: { PATH, CXX: compiler, XDG_CACHE_HOME: cache, TMPDIR: temporary, HOME: folder, ...env },
      uid,
    });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const { sum, loaded } = JSON.parse(ended.stdout) as { sum: number; loaded?: string };
    expect(sum).toBe(30);
    return loaded;
  }
  const builds = () => readFileSync(log, 'utf8').split('\n').length - 1;
  const libraries = () => (existsSync(join(cache, 'mamba-ts')) ? readdirSync(join(cache, 'mamba-ts')) : []);

  /** It ran from a private folder, which is gone. */
  function expectPrivate(loaded: string | undefined): void {
    expect(builds()).toBe(1);
    if (isLinux) expect(loaded).toMatch(new RegExp(`^${temporary}/mamba-ts-\\w+/kernels-\\w+\\.so$`));
    expect(readdirSync(temporary)).toEqual([]);
  }

  it('is filled once, then used, and closed to others', async () => {
    const loaded = await open();
    expect(await open()).toBe(loaded);
    expect(builds()).toBe(1);
    expect(libraries()).toEqual([expect.stringMatching(/^kernels-[0-9a-f]{32}\.(so|dylib)$/)]);
    if (isLinux) expect(loaded).toBe(join(cache, 'mamba-ts', libraries()[0]));
    expect(statSync(join(cache, 'mamba-ts')).mode & 0o077).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('is filled by two processes at the same time', async () => {
    const [a, b, c] = await Promise.all([open(), open(), open()]);
    expect([a, a]).toEqual([b, c]);
    expect(libraries()).toEqual([expect.stringMatching(/^kernels-/)]);
    expect(builds()).toBeGreaterThan(0);
  });

  it('is not used where a file is in its place', async () => {
    writeFileSync(cache, '');
    expectPrivate(await open());
  });

  it('is not used where others may write', async () => {
    for (const mode of [0o770, 0o707]) {
      mkdirSync(join(cache, 'mamba-ts'), { recursive: true });
      chmodSync(join(cache, 'mamba-ts'), mode);
      writeFileSync(log, '');
      expectPrivate(await open());
      expect(libraries()).toEqual([]);
    }
  });

  it('is not used where it is a link', async () => {
    mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 });
    mkdirSync(cache);
    symlinkSync(join(folder, 'elsewhere'), join(cache, 'mamba-ts'));
    expectPrivate(await open());
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual([]);
  });

  it.skipIf(!isRoot)('is not used where it belongs to another user', async () => {
    mkdirSync(join(cache, 'mamba-ts'), { recursive: true, mode: 0o700 });
    chownSync(join(cache, 'mamba-ts'), NOBODY, NOBODY);
    expectPrivate(await open());
    expect(libraries()).toEqual([]);
  });

  it.skipIf(isRoot && !othersRun)('is not used where it cannot be written', async () => {
    mkdirSync(join(cache, 'mamba-ts'), { recursive: true });
    if (isRoot) {
      // Root may write anywhere: another user, who owns the folder but may not write to it.
      chownSync(join(cache, 'mamba-ts'), NOBODY, NOBODY);
    }
    chmodSync(join(cache, 'mamba-ts'), 0o500);
    expectPrivate(await open({}, isRoot ? NOBODY : undefined));
  });

  it.skipIf(isRoot && !othersRun)('is not used where it cannot be made', async () => {
    mkdirSync(cache);
    chmodSync(cache, 0o555);
    expectPrivate(await open({}, isRoot ? NOBODY : undefined));
  });

  it.skipIf(!othersRun)('is private for a user without a home', async () => {
    expectPrivate(await open({ XDG_CACHE_HOME: '', HOME: '' }, UNNAMED_USER));
  });

  it('reports the output of the compiler, and leaves no files behind', async () => {
    writeFileSync(compiler, `#!/bin/sh\ncase "$*" in *-dM*) exec g++ "$@";; esac\necho out of order >&2\nexit 1\n`);
    const env = { PATH, CXX: compiler, XDG_CACHE_HOME: cache, TMPDIR: temporary };
    const { stdout } = await runScript(`await m.openBackend('native').catch((e) => console.log(e.message));`, { env });
    expect(stdout).toBe(`native: ${compiler} could not build the kernels: out of order\n`);
    expect(libraries()).toEqual([]);
  });

  const AUTO = `const { name, device } = await m.openBackend('auto', { threads: 1 });
    console.log(name, device.notice?.includes('compiled in the background'));`;
  const auto = async () =>
    (await runScript(AUTO, { env: { PATH, CXX: compiler, XDG_CACHE_HOME: cache, TMPDIR: temporary, HOME: folder } }))
      .stdout;
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  it('is filled behind auto, which does not wait', async () => {
    expect(await auto()).toBe('wasm true\n');
    await until(() => libraries().length === 1 && /\.(so|dylib)$/.test(libraries()[0]));
    expect(builds()).toBe(1);
    expect(await auto()).toBe('native undefined\n');
  });

  it('keeps that a build behind auto failed, which is not tried again', async () => {
    writeFileSync(compiler, `#!/bin/sh\ncase "$*" in *-dM*) exec g++ "$@";; esac\necho build >> ${log}\nexit 1\n`);
    expect(await auto()).toBe('wasm true\n');
    await until(() => libraries().length === 1 && libraries()[0].endsWith('.failed'));
    expect(await auto()).toBe('wasm undefined\n');
    expect(builds()).toBe(1);
  });

  it('says where a library is that does not load', async () => {
    await open();
    const file = join(cache, 'mamba-ts', libraries()[0]);
    writeFileSync(file, 'not a library');
    const env = { PATH, CXX: compiler, XDG_CACHE_HOME: cache, TMPDIR: temporary };
    const { stdout } = await runScript(`await m.openBackend('native').catch((e) => console.log(e.message));`, { env });
    expect(stdout).toContain(`native: ${file} does not load (`);
    expect(stdout).toContain('Delete it, or use the wasm backend.');
  });
});

const everything = process.env as Record<string, string>;

describe.each(nativeBackend ? ['wasm', 'native'] : ['wasm'])('a process that opened %s with 3 threads', (name) => {
  const open = `const backend = await m.openBackend('${name}', { threads: 3 });
    const sum = m.ops.sum(backend.full([100_000], 2)).read()[0];`;

  it('ends without dispose()', async () => {
    const { code, stdout, killed } = await runScript(`${open} console.log(sum);`, { env: everything, timeout: 20_000 });
    expect({ code, stdout, killed }).toEqual({ code: 0, stdout: '200000\n', killed: false });
  });

  it('ends after dispose(), and may open another', async () => {
    const script = `${open} backend.dispose();
      const other = await m.openBackend('${name}', { threads: 2 });
      console.log(other.full([3], sum).read().join());`;
    const { code, stdout, stderr } = await runScript(script, { env: everything, timeout: 20_000 });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '200000,200000,200000\n', stderr: '' });
  });

  it('ends by an error, with its message', async () => {
    const { code, stderr, killed } = await runScript(`${open} throw new Error('on purpose');`, {
      env: everything,
      timeout: 20_000,
    });
    expect({ code, killed }).toEqual({ code: 1, killed: false });
    expect(stderr).toContain('on purpose');
  });

  it('refuses a tensor of a disposed backend, and continues', async () => {
    const script = `${open} const x = backend.full([3], 1); backend.dispose();
      try { x.read(); } catch (error) { console.log(error.message); }`;
    const { code, stdout } = await runScript(script, { env: everything, timeout: 20_000 });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'A tensor of shape (3) was used after its backend was disposed.\n',
    });
  });
});
