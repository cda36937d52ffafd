/** Where a run took place: figures of different machines are not to be compared. */
import { readFileSync } from 'node:fs';
import os from 'node:os';

export function machineFacts() {
  const flags = cpuFlags();
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    simd: ['avx512f', 'avx2', 'asimd'].find((flag) => flags.has(flag)) ?? 'unknown',
    avx512: flags.has('avx512f'),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    date: new Date().toISOString(),
    /** Programs that wanted a core before the run began; above 0.3, figures are noise. */
    load: os.loadavg()[0],
  };
}

function cpuFlags() {
  try {
    const line = /^(flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
    return new Set(line?.[2].trim().split(/\s+/));
  } catch {
    return new Set();
  }
}

/** One call of each probe, with what it does. */
export function probes(backend) {
  const { device } = backend;
  const sink = backend.full([4096], 0.5);
  return {
    /** Takes about ten milliseconds. */
    fma: () => device.run('probe_fma', device.threads * 8, 1, sink.pointer, FMA_STEPS),
    fmaFlops: 2 * device.probeChains * device.lanes * FMA_STEPS * device.threads * 8,
    exp: () => device.run('probe_exp', device.threads * EXP_ROUNDS, 1, sink.pointer),
    exps: 1024 * device.threads * EXP_ROUNDS,
    /** Reads a whole tensor; its size must be a multiple of 2048. */
    read: (tensor) => device.run('probe_read', tensor.size / 2048, 64, tensor.pointer, sink.pointer),
  };
}

const FMA_STEPS = 4096;
const EXP_ROUNDS = 128;

/** Seconds of all cores that were at work since the machine started, and of this process and `child`. */
export function cpuSeconds(child) {
  try {
    const [user, nice, system] = readFileSync('/proc/stat', 'utf8').match(/\d+/g).map(Number);
    const own = process.cpuUsage();
    let ours = (own.user + own.system) / 1e6;
    if (child) {
      const fields = readFileSync(`/proc/${child}/stat`, 'utf8').split(') ')[1].split(' ');
      ours += (Number(fields[11]) + Number(fields[12])) / 100;
    }
    return { all: (user + nice + system) / 100, ours };
  } catch {
    return undefined;
  }
}
