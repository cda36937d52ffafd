/** A Python process of bench/peers, spoken to in lines of JSON. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HUGGING_FACE = 'hf_mamba.py';

export function peerFolder() {
  return process.env.MAMBA_TS_PEERS ?? join(homedir(), '.cache', 'mamba-ts-peers');
}

/** Starts it, or throws and says how to install it. `peer.ask('loss', { id })` resolves to its answer. */
export async function openPeer(threads, script = HUGGING_FACE) {
  const python = join(peerFolder(), 'bin', 'python');
  if (!existsSync(python)) throw new Error(`There is no ${python}. bench/peers/README.md says how to make it.`);
  const { OPENBLAS_CORETYPE: _, ...own } = process.env;
  // glibc gives allocations above 32 MiB back to the system at once, and every step then waits for fresh
  // pages: seven times as long for the peer. These keep them.
  const env = { ...own, MALLOC_MMAP_THRESHOLD_: String(2 ** 32), MALLOC_TRIM_THRESHOLD_: String(2 ** 36) };
  const child = spawn(python, [fileURLToPath(new URL(`./peers/${script}`, import.meta.url))], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (piece) => {
    errors = (errors + piece).slice(-4000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (op, values = {}) => {
    child.stdin.write(`${JSON.stringify({ op, ...values })}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`The peer ended at '${op}':\n${errors}`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`The peer failed at '${op}': ${answer.error}`);
    return answer;
  };
  const facts = await ask('hello', { threads });
  return { facts, ask, pid: child.pid, close: () => child.stdin.end() };
}
