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

  /** `describe` names a call: (kernel, total, values) => 'gemm 64 × 256 × 64'. */
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
    this.#device.run = (kernel, total, grain, ...values) => {
      const begun = performance.now();
      this.#run(kernel, total, grain, ...values);
      const spent = performance.now() - begun;
      const key = this.#describe(kernel, total, values);
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
    const values = new Array(16).fill(0);
    const mean = () => {
      const begun = performance.now();
      for (let i = 0; i < 20000; i++) this.#device.run('gemm', 0, 1, ...values);
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
    const values = new Array(16).fill(0);
    const samples = [];
    for (let i = 0; i < 20000; i++) {
      const begun = performance.now();
      this.#run('gemm', 0, 1, ...values);
      samples.push(performance.now() - begun);
    }
    return samples.sort((a, b) => a - b)[samples.length >> 1] / 1000;
  }
}
