/** What happens to a run when the process, the disk or its rights fail it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { uniforms } from '../../../../test/support/random.ts';
import { flags, main, ok, refused, start } from '../../../mamba-ts/test/cli/command.ts';
import { loadModel } from '../../src/models/registered.ts';
import { contentsOf, logOf, resume, run, small, stepsOf, workFolder } from './runs.ts';

const node = process.execPath;
const isRoot = process.getuid?.() === 0;

/** A small run that was stopped at 10, and the command that continues it. */
async function stopped(options: Record<string, unknown> = {}) {
  const folder = await workFolder();
  const out = join(folder, 'run');
  await run({ data: join(folder, 'play.txt'), out, ...options }, { stopAt: 10 });
  return { folder, out, command: [main, 'train', '--out', out, '--resume'] };
}

describe('a run that is killed', () => {
  it('leaves a checkpoint that loads and resumes, at whatever instant', async () => {
    const folder = await workFolder();
    const data = join(folder, 'play.txt');
    const options = { ...small, dModel: 48, data, maxIters: 60, evalEvery: 2, saveEvery: 1 };
    const [whole, out] = [join(folder, 'whole'), join(folder, 'run')];
    await run({ ...options, out: whole });
    const random = uniforms(Date.now());
    const reached: number[] = [];
    // The first kill may come before there is a run; from the first checkpoint on there always is one.
    for (let i = 0; i < 7 && !existsSync(join(out, 'training-60.safetensors')); i++) {
      const begun = existsSync(join(out, 'model.safetensors'));
      const args = begun ? ['--out', out, '--resume'] : flags({ ...options, out });
      const one = start(node, [main, 'train', ...args, '--log-every', '1']);
      await one.said(/iter \d/);
      await new Promise((resolve) => setTimeout(resolve, 150 * random()));
      one.child.kill('SIGKILL');
      const { signal, stderr } = await one.done;
      if (signal === null) break;
      expect(stderr).not.toContain('mamba-ts:');
      await loadModel(out, { backend: anyBackend });
      const best = join(out, 'best', 'model.safetensors');
      if (existsSync(best)) await loadModel(join(out, 'best'), { backend: anyBackend });
      const moments = readdirSync(out).filter((name) => name.startsWith('training-'));
      expect(moments.length).toBeGreaterThanOrEqual(1);
      reached.push(Math.max(...moments.map((name) => Number.parseInt(name.slice(9), 10))));
    }
    expect(reached.length, 'it was killed').toBeGreaterThan(2);
    expect(reached, 'and never fell back').toEqual([...reached].sort((a, b) => a - b));
    await resume(out);
    const [a, b] = await Promise.all([whole, out].map((path) => readFile(join(path, 'model.safetensors'))));
    expect(b.equals(a), 'it ends where an undisturbed run ends').toBe(true);
    const left = readdirSync(out, { recursive: true }).filter((name) =>
      /\.tmp$|lock|training-(?!60)/.test(String(name)),
    );
    expect(left, 'nothing half written stays').toEqual([]);
  });

  it('before its first update has a checkpoint too', async () => {
    const folder = await workFolder();
    const out = join(folder, 'run');
    const long = { ...small, batchSize: 32, blockSize: 256, data: join(folder, 'play.txt'), out };
    const one = start(node, [main, 'train', ...flags(long)]);
    await one.said('options ');
    one.child.kill('SIGKILL');
    await one.done;
    expect(readdirSync(out)).toContain('training-0.safetensors');
    await loadModel(out, { backend: anyBackend });
    await refused(['train', ...flags(long)], 'holds a run already');
    await resume(out, {}, { stopAt: 1 });
  });
});

describe('two processes in one folder', () => {
  it('do not disturb each other: the second is refused', async () => {
    const folder = await workFolder();
    const out = join(folder, 'run');
    const args = ['train', ...flags({ ...small, maxIters: 1_000_000, data: join(folder, 'play.txt'), out })];
    const first = start(node, [main, ...args]);
    await first.said('iter 2 ');
    const pid = first.child.pid;
    await refused(args, `train: process ${pid} is training in ${out}. Wait for it, or choose another --out.`);
    await refused(['train', '--out', out, '--resume'], `process ${pid} is training in`);
    first.child.kill('SIGINT');
    expect((await first.done).code).toBe(0);
    await ok(['train', '--out', out, '--resume', '--stop-at', '1']);
  });
});

describe('a disk that is full', () => {
  /** The error says what happened, and the folder still has the checkpoint that it had. */
  async function expectIntact(out: string, before: Record<string, string>) {
    const after = await contentsOf(out);
    for (const name of ['model.safetensors', 'training-10.safetensors', 'config.json', 'best/model.safetensors']) {
      expect(after[join(out, name)], name).toBe(before[join(out, name)]);
    }
    expect(Object.keys(after).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await loadModel(out, { backend: anyBackend });
  }

  it('for files of that size: a limit on them', async () => {
    const { folder, out, command } = await stopped({ evalEvery: 1000, learningRate: 1e-30 });
    const whole = join(folder, 'whole');
    await run({ data: join(folder, 'play.txt'), out: whole, evalEvery: 1000, learningRate: 1e-30 });
    const before = await contentsOf(out);
    const size = statSync(join(out, 'model.safetensors')).size;
    expect(size).toBeGreaterThan(20 * 1024);
    // Without the signal that comes with it, as on a full disk.
    const limited = start('bash', ['-c', `trap '' XFSZ; ulimit -f 16; exec "$0" "$@"`, node, ...command]);
    const { code, stderr } = await limited.done;
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^mamba-ts: .*\.safetensors could not be written: .*EFBIG/);
    expect(code).toBe(2);
    await expectIntact(out, before);
    await resume(out);
    const [a, b] = await Promise.all([whole, out].map((path) => readFile(join(path, 'model.safetensors'))));
    expect(b.equals(a)).toBe(true);
  });

  const disk = join(tmpdir(), `mamba-ts-disk-${process.pid}`);
  mkdirSync(disk, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', disk]).status === 0;

  afterAll(() => {
    if (mounted) spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  it.skipIf(!mounted)('for anything: a disk of 600 kB (needs the right to mount)', async () => {
    const folder = await workFolder();
    const out = join(disk, 'run');
    const options = { data: join(folder, 'play.txt'), evalEvery: 1000 };
    await run({ ...options, out }, { stopAt: 10 });
    // What is free now is not enough for a second checkpoint next to the first.
    const free = Number(/(\d+)\s*$/.exec(spawnSync('df', ['-k', '--output=avail', disk]).stdout.toString())![1]);
    await writeFile(join(disk, 'ballast'), Buffer.alloc(1024 * (free - 20)));
    const before = await contentsOf(out);
    await refused(['train', '--out', out, '--resume'], /could not be written: the disk is full\. Free some space/);
    await expectIntact(out, before);
    await writeFile(join(disk, 'ballast'), '');
    await resume(out);
    await run({ ...options, out: join(folder, 'whole') });
    expect(stepsOf(await logOf(out)).at(-1)).toEqual(stepsOf(await logOf(join(folder, 'whole'))).at(-1));
  });
});

describe('no right to write', () => {
  /** As another user where this one may do everything. */
  const asNobody = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const can = !isRoot || spawnSync(asNobody[0], [...asNobody.slice(1), node, '--version']).status === 0;
  const train = (args: string[]) => {
    const [command, ...rest] = [...asNobody, node, main, 'train', ...args];
    return start(command, rest).done;
  };

  it.skipIf(!can)('is an error that says so (needs setpriv where we are root)', async () => {
    const { folder, out } = await stopped();
    chmodSync(folder, 0o755);
    const locked = join(folder, 'locked');
    await mkdir(locked, { mode: 0o555 });
    for (const path of [out, join(out, 'best'), join(out, 'data')]) chmodSync(path, 0o555);
    onTestFinished(() => {
      for (const path of [out, join(out, 'best'), join(out, 'data')]) chmodSync(path, 0o755);
    });
    const before = await contentsOf(out);
    const fresh = await train(flags({ ...small, data: join(folder, 'play.txt'), out: locked }));
    const inside = await train(flags({ ...small, data: join(folder, 'play.txt'), out: join(locked, 'deeper') }));
    const again = await train(['--out', out, '--resume']);
    for (const [path, { code, stderr }] of [
      [locked, fresh],
      [join(locked, 'deeper'), inside],
      [out, again],
    ] as const) {
      expect(stderr).toContain(
        `mamba-ts: train: the folder ${path} cannot be written (EACCES). Choose another --out, or change its permissions.`,
      );
      expect(code).toBe(2);
    }
    expect(await contentsOf(out)).toEqual(before);
  });

  it.skipIf(!can)('where data may not be read is one too', async () => {
    const folder = await workFolder();
    const [secret, out] = [join(folder, 'secret.txt'), join(folder, 'run')];
    await copyFile(join(folder, 'play.txt'), secret);
    chmodSync(secret, 0o000);
    chmodSync(folder, 0o777);
    const { code, stderr } = await train(flags({ ...small, data: secret, out }));
    expect(stderr).toContain(`data: ${secret} may not be read. Give this user the right to read it (chmod +r)`);
    expect(code).toBe(2);
  });
});
