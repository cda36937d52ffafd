/**
 * Finds or builds the native kernel library.
 *
 * Where a C++ compiler is found, the sources in kernels/ are compiled once for this machine into a per-user cache,
 * keyed by sources, flags, compiler and CPU. Two processes may build at the same time: each writes its own file and
 * moves it into place. If the cache folder cannot be written, or belongs to another user, a private temporary folder
 * is used instead.
 */
import { UsageError } from '../errors.ts';
import type { NodeModules } from '../node.ts';
import { nodeModule } from '../node.ts';
import { packageFile } from '../packageFile.ts';

const BASE_FLAGS = [
  '-std=c++20',
  '-O3',
  '-ffp-contract=fast',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-shared',
  '-pthread',
  '-w',
];

// kernels/ is next to src/ in a checkout and next to dist/ in the package. It is a constant because bundlers take
// `new URL` with a literal path for an asset.
const KERNELS = '../../kernels';

export interface NativeLibrary {
  readonly path: string;
  /** Compiler and version, for descriptions. */
  readonly compiler: string;
  /** False if the file was in the cache. */
  readonly built: boolean;
}

/** Throws a UsageError that says why there is no native library here, and what to do. */
export async function findNativeLibrary(): Promise<NativeLibrary> {
  const fs = nodeModule('fs/promises');
  const path = nodeModule('path');
  const sources = await readSources();
  const compiler = await findCompiler();
  const flags = [...BASE_FLAGS, compiler.tune, ...(nodeModule('os').platform() === 'win32' ? ['-static'] : ['-fPIC'])];
  const key = nodeModule('crypto')
    .createHash('sha256')
    .update(JSON.stringify([sources.text, flags, compiler.macros]))
    .digest('hex')
    .slice(0, 32);
  const folder = await cacheFolder();
  const extension = { win32: 'dll', darwin: 'dylib' }[nodeModule('os').platform() as string] ?? 'so';
  const file = path.join(folder, `kernels-${key}.${extension}`);
  if (await exists(file)) return { path: file, compiler: compiler.version, built: false };

  const fresh = path.join(folder, `build-${process.pid}-${Math.random().toString(36).slice(2)}.${extension}`);
  try {
    await execute(compiler.command, [...flags, '-o', fresh, path.join(sources.folder, 'all.cpp')]);
    await fs.rename(fresh, file);
  } catch (error) {
    await fs.rm(fresh, { force: true });
    if (await exists(file)) return { path: file, compiler: compiler.version, built: false };
    throw new UsageError('native', `${compiler.command} could not build the kernels: ${firstLines(error)}`);
  }
  return { path: file, compiler: compiler.version, built: true };
}

async function readSources(): Promise<{ folder: string; text: string[] }> {
  const fs = nodeModule('fs/promises');
  const folder = nodeModule('url').fileURLToPath(packageFile(() => new URL(KERNELS, import.meta.url)));
  const names = (await fs.readdir(folder)).filter((name) => /\.(cpp|h|inc)$/.test(name)).sort();
  const text = await Promise.all(names.map((name) => fs.readFile(nodeModule('path').join(folder, name), 'utf8')));
  return { folder, text };
}

interface Compiler {
  command: string;
  version: string;
  tune: string;
  /** Predefined macros: they differ whenever the compiler or the instruction set does. */
  macros: string;
}

async function findCompiler(): Promise<Compiler> {
  const candidates = process.env.CXX ? [process.env.CXX] : ['g++', 'clang++', 'c++'];
  const reasons: string[] = [];
  // A Mac without the command line tools has compilers that only open a window which offers to install them.
  if (nodeModule('os').platform() === 'darwin' && !process.env.CXX)
    await execute('xcode-select', ['-p']).catch(refuseMac);
  for (const command of candidates) {
    for (const tune of ['-march=native', '-mcpu=native']) {
      try {
        const macros = await execute(command, [tune, '-dM', '-E', '-x', 'c++', '-'], '');
        const version = /__VERSION__ "([^"]*)"/.exec(macros)?.[1] ?? 'unknown version';
        return { command, version: `${command} ${version}`, tune, macros };
      } catch (error) {
        reasons.push(`${command}: ${firstLines(error)}`);
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') break;
      }
    }
  }
  const missing = reasons.every((reason) => reason.includes('ENOENT'));
  throw new UsageError(
    'native',
    `no C++ compiler works here (${missing ? `tried ${candidates.join(', ')}` : reasons.join('; ')}). ` +
      'Install g++ or clang++ (Debian: apt install g++, macOS: xcode-select --install), or use the wasm backend.',
  );
}

function refuseMac(): never {
  throw new UsageError(
    'native',
    'no C++ compiler works here (the command line tools are not installed). ' +
      'Run xcode-select --install, or use the wasm backend.',
  );
}

/** The per-user cache, or a private temporary folder where the cache cannot be trusted or written. */
async function cacheFolder(): Promise<string> {
  const fs = nodeModule('fs/promises');
  const os = nodeModule('os');
  const path = nodeModule('path');
  try {
    // homedir() throws for a user without a home folder.
    const base =
      process.env.XDG_CACHE_HOME ||
      (os.platform() === 'win32' && process.env.LOCALAPPDATA) ||
      (os.platform() === 'darwin' ? path.join(os.homedir(), 'Library', 'Caches') : path.join(os.homedir(), '.cache'));
    const folder = path.join(base, 'mamba-ts');
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    const stats = await fs.lstat(folder);
    const mine = !process.getuid || stats.uid === process.getuid();
    const closed = os.platform() === 'win32' || (stats.mode & 0o022) === 0;
    if (stats.isDirectory() && mine && closed) {
      await fs.access(folder, fs.constants.W_OK | fs.constants.X_OK);
      return folder;
    }
  } catch {
    // A cache that cannot be written is no reason to fail.
  }
  return privateFolder(fs, os, path);
}

let temporary: Promise<string> | undefined;
function privateFolder(
  fs: NodeModules['fs/promises'],
  os: NodeModules['os'],
  path: NodeModules['path'],
): Promise<string> {
  temporary ??= fs.mkdtemp(path.join(os.tmpdir(), 'mamba-ts-')).then((folder) => {
    process.once('exit', () => {
      try {
        nodeModule('fs').rmSync(folder, { recursive: true, force: true });
      } catch {
        // Windows does not delete a library that is loaded.
      }
    });
    return folder;
  });
  return temporary;
}

async function exists(file: string): Promise<boolean> {
  return nodeModule('fs/promises')
    .access(file)
    .then(
      () => true,
      () => false,
    );
}

/** Runs a command. Resolves to its output, rejects with the errors it printed. */
function execute(command: string, args: string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = nodeModule('child_process').execFile(
      command,
      args,
      { maxBuffer: 1 << 24, windowsHide: true },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return reject(error);
        reject(new Error(stderr.trim() || error.message));
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

const firstLines = (error: unknown) =>
  String((error as Error)?.message ?? error)
    .split('\n')
    .slice(0, 3)
    .join(' ');
