/**
 * npm run bench -- [--only gemm,scan] [--backend native,wasm] [--peers] [--quick] [--json FILE] [--threads N]
 *
 * Every figure is a ratio of two things measured in turns in this run. Figures against Hugging Face
 * and statsforecast need --peers and what bench/peers/README.md says. Times of a busy machine are noise: the run says so.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { openBackend } from '@mamba-ts/core';
import { cpuSeconds, machineFacts } from './machine.mjs';
import { openPeer } from './peer.mjs';
import { isReached, measuredText, table } from './table.mjs';

const FIGURES = [
  ...['gemm', 'gemv', 'scan', 'ssd', 'mamba3', 'attention', 'threads', 'overhead'],
  ...['train', 'families', 'generate', 'm130', 'decode', 'long', 'forecast'],
];

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: FIGURES.join() },
    backend: { type: 'string', default: 'native,wasm' },
    peers: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'string', default: 'bench/results/latest.json' },
    threads: { type: 'string' },
  },
});
const only = listed('only', flags.only, FIGURES);
const backends = listed('backend', flags.backend, ['native', 'wasm']);

const machine = machineFacts();
const cores = flags.threads ? Number(flags.threads) : machine.cores;
console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.simd}, ${machine.memoryGiB} GiB, Node ${machine.node}`);
if (machine.load > 0.3)
  console.log(`The load is ${machine.load.toFixed(1)}: other programs use this machine, so the figures are noise.`);
const peers = new Map();

const rows = [];
const failures = [];
for (const figure of only) {
  const { run, runTogether, needsPeer, peerScript } = await import(`./figures/${figure}.mjs`);
  const peer = flags.peers ? await peerOf(peerScript) : undefined;
  if (needsPeer && !peer) console.log(`${figure}: left out, it needs --peers`);
  else if (runTogether) await measure(figure, backends, peer, (bench) => runTogether(bench, backends));
  else for (const one of backends) await measure(figure, [one], peer, (bench) => run(bench, one));
}

/** The process of bench/peers that a figure is measured against; each is started once. */
async function peerOf(script) {
  if (peers.has(script)) return peers.get(script);
  const peer = await openPeer(cores, script);
  peers.set(script, peer);
  machine.peer = { ...machine.peer, ...peer.facts };
  console.log(
    Object.entries(peer.facts)
      .map((fact) => fact.join(' '))
      .join(', '),
  );
  return peer;
}

/** Runs one group of figures, says what it found, and closes what it opened. */
async function measure(figure, names, peer, run) {
  const opened = [];
  const open = async (name, threads) => {
    const backend = await openBackend(name, { threads });
    opened.push(backend);
    machine[name] = backend.device.description.replace(/, \d+ threads?$/, '');
    return backend;
  };
  const log = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text && `${figure} ${names} ${text}`}`);
  const [before, begun] = [cpuSeconds(peer?.pid), performance.now()];
  let fresh;
  try {
    fresh = await run({ open, log, cores, peer, quick: flags.quick });
  } catch (error) {
    failures.push(`${figure} ${names}: ${error.stack}`);
    fresh = [{ what: figure, failed: `failed: ${error.message}` }];
  }
  for (const backend of opened) backend.dispose();
  const seconds = (performance.now() - begun) / 1000;
  const after = cpuSeconds(peer?.pid);
  // The share of the cores that other programs took meanwhile.
  const others = after && Math.max(0, after.all - before.all - (after.ours - before.ours)) / (seconds * machine.cores);
  log('');
  console.log(
    `\n${figure} ${names}: ${seconds.toFixed(0)} s${after ? `, other programs used ${Math.round(100 * others)} % of the CPU` : ''}`,
  );
  for (const row of fresh) {
    const full = { figure, backend: names.join(), ...row, reached: isReached(row), others };
    rows.push(full);
    console.log(
      `  ${full.what} · ${full.backend}${full.against ? `, against ${full.against}` : ''}: ${measuredText(full)}`,
    );
  }
}

for (const peer of peers.values()) peer.close();
machine.loadAfter = loadavg()[0];

console.log(`\n${table(rows)}\n`);
const busiest = Math.max(...rows.map(({ others }) => others ?? 0));
if (busiest > 0.05)
  console.log(`Other programs used up to ${Math.round(100 * busiest)} % of the CPU: measure again on a quiet machine.`);
await mkdir(dirname(flags.json), { recursive: true });
await writeFile(flags.json, `${JSON.stringify({ machine, command: process.argv.slice(2), rows }, null, 2)}\n`);
console.log(`Written to ${flags.json}.`);
for (const failure of failures) console.error(failure);
if (failures.length > 0) process.exitCode = 1;

function listed(flag, text, known) {
  const names = text.split(',').filter(Boolean);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) {
    console.error(`bench: --${flag} has '${wrong}', expected ${known.join(', ')}.`);
    process.exit(1);
  }
  return known.filter((name) => names.includes(name));
}
