/** Where a run took place: figures of different machines are not to be compared. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import {
  PROBE_BLOCK,
  PROBE_EXPS,
  probeExp,
  probeFlops,
  probeFma,
  probeRead,
} from '../packages/core/dist/backend/kernels/probe.js';

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
    fma: () => probeFma(device, device.threads * 8, 1, { sink }, { steps: FMA_STEPS }),
    fmaFlops: probeFlops(device) * FMA_STEPS * device.threads * 8,
    exp: () => probeExp(device, device.threads * EXP_ROUNDS, 1, { x: sink }),
    exps: PROBE_EXPS * device.threads * EXP_ROUNDS,
    /** Reads a whole tensor; its size must be a multiple of 2048. */
    read: (tensor) => probeRead(device, tensor.size / PROBE_BLOCK, 64, { x: tensor, sink }),
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
