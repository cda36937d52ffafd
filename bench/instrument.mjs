import { fillRows } from '../packages/core/dist/backend/kernels/memory.js';
import { kernelNames } from '../packages/core/dist/backend/kernels/names.js';

/**
 * Times every kernel call of a device.
 *
 *   const watch = new KernelWatch(device);
 *   watch.start(); …; watch.stop();
 *   watch.seconds    // inside kernels; what calling one costs is taken out
 */
export class KernelWatch {
  /** By kernel, or by kernel and sizes: calls, seconds, multiply-adds. */
  calls = new Map();
  #device;
  #run;
  #describe;
  #cost;
  #added;

  /** `describe` names a call: (kernel, total, slots) => 'gemm 64 × 256 × 64'. */
  constructor(device, describe = (kernel) => kernel) {
    this.#device = device;
    this.#run = device.run.bind(device);
    this.#describe = describe;
    this.#cost = this.#callCost();
    this.#added = this.#addedCost();
  }

  /** Seconds that watching a call adds to it. */
  get addedCost() {
    return this.#added;
  }

  /** Seconds that a call takes with nothing to do, the timer's own included: no time in a kernel. */
  get callCost() {
    return this.#cost;
  }

  start() {
    this.#device.run = (kernel, total, grain) => {
      const begun = performance.now();
      this.#run(kernel, total, grain);
      const spent = performance.now() - begun;
      const key = this.#describe(kernelNames[kernel], total, this.#device.slots);
      const entry = this.calls.get(key);
      if (entry) {
        entry.calls++;
        entry.seconds += spent / 1000;
      } else this.calls.set(key, { calls: 1, seconds: spent / 1000 });
    };
  }

  stop() {
    delete this.#device.run;
  }

  reset() {
    this.calls.clear();
  }

  /** Seconds inside kernels since the last reset. */
  get seconds() {
    let total = 0;
    for (const { calls, seconds } of this.calls.values()) total += Math.max(0, seconds - calls * this.#cost);
    return total;
  }

  /** Calls since the last reset. */
  get count() {
    let total = 0;
    for (const { calls } of this.calls.values()) total += calls;
    return total;
  }

  #addedCost() {
    const call = this.#smallCall();
    const mean = () => {
      const begun = performance.now();
      for (let i = 0; i < 20000; i++) call();
      return (performance.now() - begun) / 1000 / 20000;
    };
    mean();
    const plain = mean();
    this.start();
    mean();
    const watched = mean();
    this.stop();
    this.reset();
    return Math.max(0, watched - plain);
  }

  #callCost() {
    const call = this.#smallCall();
    const samples = [];
    for (let i = 0; i < 20000; i++) {
      const begun = performance.now();
      call();
      samples.push(performance.now() - begun);
    }
    return samples.sort((a, b) => a - b)[samples.length >> 1] / 1000;
  }

  /** A call that writes one value. */
  #smallCall() {
    const { address } = this.#device.grow(64);
    const operands = { to: { pointer: address, rowStride: 1 } };
    return () => fillRows(this.#device, 1, 1, operands, { value: 0, width: 1 });
  }
}
