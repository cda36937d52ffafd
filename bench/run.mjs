/**
 * npm run bench -- [--only gemm,scan] [--backend native,wasm] [--peers] [--quick] [--json FILE] [--threads N]
 *
 * Every figure is a ratio of two things measured in turns in this run. Figures against Hugging Face
 * need --peers and what bench/peers/README.md says. Times of a busy machine are noise: the run says so.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { openBackend } from '../dist/index.js';
import { machineFacts } from './machine.mjs';
import { openPeer } from './peer.mjs';
import { isReached, table } from './table.mjs';

const FIGURES = ['gemm', 'gemv', 'scan', 'threads', 'overhead', 'train', 'generate', 'm130', 'long'];

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
  console.log(`The load is ${machine.load.toFixed(1)}: others use this machine, so the figures are noise.`);
const peer = flags.peers ? await openPeer(cores) : undefined;
if (peer) {
  machine.peer = peer.facts;
  console.log(`PyTorch ${peer.facts.torch}, transformers ${peer.facts.transformers}, ${peer.facts.threads} threads`);
}

const rows = [];
for (const figure of only) {
  const { run, needsPeer } = await import(`./figures/${figure}.mjs`);
  if (needsPeer && !peer) {
    console.log(`${figure}: needs --peers`);
    continue;
  }
  for (const backend of backends) {
    const opened = [];
    const open = async (name, threads) => {
      const one = await openBackend(name, { threads });
      opened.push(one);
      machine[name] = one.device.description.replace(/, \d+ threads?$/, '');
      return one;
    };
    const log = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${figure} ${backend} ${text}`);
    const bench = { open, log, cores, peer, quick: flags.quick };
    const begun = performance.now();
    let fresh;
    try {
      fresh = await run(bench, backend);
    } catch (error) {
      process.exitCode = 1;
      console.error(error);
      fresh = [{ what: figure, failed: `failed: ${error.message}` }];
    }
    log('');
    for (const row of fresh) rows.push({ figure, backend, ...row, reached: isReached({ ...row }) });
    for (const one of opened) one.dispose();
    console.log(`${figure} ${backend}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  }
}
peer?.close();
machine.loadAfter = loadavg()[0];

console.log(`\n${table(rows)}\n`);
await mkdir(dirname(flags.json), { recursive: true });
await writeFile(flags.json, `${JSON.stringify({ machine, command: process.argv.slice(2), rows }, null, 2)}\n`);
console.log(`Written to ${flags.json}.`);

function listed(flag, text, known) {
  const names = text.split(',').filter(Boolean);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) {
    console.error(`bench: --${flag} has '${wrong}', expected ${known.join(', ')}.`);
    process.exit(1);
  }
  return known.filter((name) => names.includes(name));
}
