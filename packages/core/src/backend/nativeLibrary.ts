/**
 * Finds or builds the native kernel library.
 *
 * Where a C++ compiler is found, the sources in kernels/ are compiled once for this machine into a per-user cache,
 * keyed by sources, flags, compiler and CPU. `auto` does not wait for it: a process of its own compiles, for the next
 * start. Two processes may build at the same time: each writes its own file and
 * moves it into place. If the cache folder cannot be written, or belongs to another user, a private temporary folder
 * is used instead.
 */
import { UsageError } from '../errors.ts';
import type { NodeModules } from '../node.ts';
import { nodeModule } from '../node.ts';
import { packageFile } from '../packageFile.ts';
import { BUILDING } from './device.ts';

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

// kernels/ is next to src/ in a checkout and next to dist/ in the package. Bundlers take `new URL` with a path that they
// can compute for an asset, and no bundle compiles C++.
const KERNELS = ['..', '..', 'kernels'].join('/');

export interface NativeLibrary {
  readonly path: string;
  /** Compiler and version, for descriptions. */
  readonly compiler: string;
  /** False if the file was in the cache. */
  readonly built: boolean;
}

/** The native library of this machine, built if it is not in the cache. Throws a UsageError that says why there is none. */
export async function findNativeLibrary(): Promise<NativeLibrary> {
  const place = await placeOfLibrary();
  const { file, compiler } = place;
  if (await exists(file)) return { path: file, compiler: compiler.version, built: false };
  return build(place);
}

/**
 * The native library if it is in the cache. If it is not, another process begins to build it, for the next start, unless
 * that failed before; then, and where the cache cannot be kept, a UsageError is thrown.
 */
export async function cachedNativeLibrary(): Promise<NativeLibrary> {
  const place = await placeOfLibrary();
  const { file, compiler } = place;
  if (await exists(file)) return { path: file, compiler: compiler.version, built: false };
  throw new UsageError('native', (await buildBehind(place)) ? BUILDING : 'the native kernels are not built.');
}

/** Whether the library is in the cache, could be built, or could not. */
export async function stateOfLibrary(): Promise<'ready' | 'possible' | 'none'> {
  try {
    const { file } = await placeOfLibrary();
    if (await exists(file)) return 'ready';
    return (await exists(`${file}.failed`)) ? 'none' : 'possible';
  } catch {
    return 'none';
  }
}

interface Place {
  /** The library, which need not exist. */
  readonly file: string;
  readonly folder: string;
  /** Whether the folder is deleted when the process ends. */
  readonly isTemporary: boolean;
  readonly source: string;
  readonly flags: readonly string[];
  readonly compiler: Compiler;
}

async function placeOfLibrary(): Promise<Place> {
  const path = nodeModule('path');
  const platform = nodeModule('os').platform() as string;
  const sources = await readSources();
  const compiler = await findCompiler();
  const flags = [...BASE_FLAGS, compiler.tune, ...(platform === 'win32' ? ['-static'] : ['-fPIC'])];
  const key = nodeModule('crypto')
    .createHash('sha256')
    .update(JSON.stringify([sources.text, flags, compiler.macros]))
    .digest('hex')
    .slice(0, 32);
  const { folder, isTemporary } = await cacheFolder();
  const extension = { win32: 'dll', darwin: 'dylib' }[platform] ?? 'so';
  const file = path.join(folder, `kernels-${key}.${extension}`);
  return { file, folder, isTemporary, source: path.join(sources.folder, 'all.cpp'), flags, compiler };
}

async function build({ file, folder, source, flags, compiler }: Place): Promise<NativeLibrary> {
  const fs = nodeModule('fs/promises');
  const random = Math.random().toString(36).slice(2);
  const fresh = nodeModule('path').join(folder, `build-${process.pid}-${random}${nodeModule('path').extname(file)}`);
  try {
    await execute(compiler.command, [...flags, '-o', fresh, source]);
    await fs.rename(fresh, file);
  } catch (error) {
    await fs.rm(fresh, { force: true });
    if (await exists(file)) return { path: file, compiler: compiler.version, built: false };
    throw new UsageError('native', `${compiler.command} could not build the kernels: ${firstLines(error)}`);
  }
  return { path: file, compiler: compiler.version, built: true };
}

// Not a literal in the URL: a bundler would put it into the page.
const SCRIPT = ['.', 'buildNative.js'].join('/');
/** A build that takes longer is given up. */
const LONGEST_BUILD = 10 * 60_000;

/** Starts a process that builds the library. Returns whether one is at work, this one or that of another start. */
async function buildBehind({ file, isTemporary }: Place): Promise<boolean> {
  const fs = nodeModule('fs/promises');
  const script = nodeModule('url').fileURLToPath(new URL(SCRIPT, import.meta.url));
  if (isTemporary || (await exists(`${file}.failed`)) || !(await exists(script))) return false;
  const lock = `${file}.lock`;
  try {
    const { mtimeMs } = await fs.stat(lock);
    if (Date.now() - mtimeMs < LONGEST_BUILD) return true;
    await fs.rm(lock, { force: true });
  } catch {
    // There is no lock: no build is at work.
  }
  try {
    await fs.writeFile(lock, String(process.pid), { flag: 'wx' });
    const child = nodeModule('child_process').spawn(process.execPath, [script, lock], {
      detached: true,
      stdio: 'ignore',
      windowsHide: true,
    });
    // Node's permission model allows no process.
    child.on('error', () => {});
    if (child.pid === undefined) return false;
    nodeModule('os').setPriority(child.pid, 10);
    child.unref();
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
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
async function cacheFolder(): Promise<Pick<Place, 'folder' | 'isTemporary'>> {
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
      return { folder, isTemporary: false };
    }
  } catch {
    // A cache that cannot be written is no reason to fail.
  }
  return { folder: await privateFolder(fs, os, path), isTemporary: true };
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
