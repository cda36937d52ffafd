// Generated from the signatures in kernels/ by scripts/kernels.mjs.

/** An address in the device's heap; 0 is null. */
export type Pointer = number;

export interface KernelArguments {
  attention_pack: [kv: Pointer, place: Pointer, lengths: Pointer, packed: Pointer, finite: Pointer, B: number, L: number, G: number, P: number, tiles: number];
  attention_forward: [q: Pointer, packed: Pointer, finite: Pointer, place: Pointer, age: Pointer, lengths: Pointer, out: Pointer, lse: Pointer, L: number, H: number, G: number, P: number, tiles: number, window: number, ldq: number, scale: number];
  attention_backward: [q: Pointer, kv: Pointer, place: Pointer, age: Pointer, lengths: Pointer, out: Pointer, lse: Pointer, dout: Pointer, dq: Pointer, dkv: Pointer, scratch: Pointer, B: number, L: number, H: number, G: number, P: number, n: number, rows: number, window: number, ldq: number, lddq: number, scale: number];
  attention_decode: [q: Pointer, kv: Pointer, place: Pointer, age: Pointer, lengths: Pointer, parts: Pointer, B: number, L: number, H: number, G: number, P: number, stretches: number, window: number, ldq: number, scale: number];
  attention_combine: [parts: Pointer, lengths: Pointer, out: Pointer, lse: Pointer, L: number, H: number, G: number, P: number, stretches: number];
  cache_append: [k: Pointer, v: Pointer, place: Pointer, lengths: Pointer, cache: Pointer, B: number, L: number, half: number, ldk: number, ldv: number];
  cache_append_backward: [dcache: Pointer, place: Pointer, lengths: Pointer, dk: Pointer, dv: Pointer, B: number, L: number, half: number, lddk: number, lddv: number];
  cache_move: [from: Pointer, plan: Pointer, to: Pointer, B: number, W: number, stepFrom: number, rowFrom: number, stepTo: number, rowTo: number];
  conv_forward: [x: Pointer, weight: Pointer, bias: Pointer, state: Pointer, age: Pointer, lengths: Pointer, y: Pointer, stateOut: Pointer, L: number, D: number, K: number, ldx: number, ldy: number, siluAfter: number];
  conv_backward: [x: Pointer, weight: Pointer, bias: Pointer, state: Pointer, age: Pointer, lengths: Pointer, dy: Pointer, dstateOut: Pointer, dx: Pointer, dweight: Pointer, dbias: Pointer, dstate: Pointer, L: number, D: number, K: number, ldx: number, lddy: number, lddx: number, siluAfter: number];
  unary: [op: number, x: Pointer, dy: Pointer, y: Pointer];
  binary: [op: number, a: Pointer, b: Pointer, y: Pointer, n1: number, n2: number, n3: number, a0: number, a1: number, a2: number, a3: number, b0: number, b1: number, b2: number, b3: number];
  scale_add: [x: Pointer, y: Pointer, scale: number, offset: number];
  accumulate_rows: [x: Pointer, y: Pointer, width: number, ldx: number, ldy: number];
  embedding_forward: [table: Pointer, ids: Pointer, y: Pointer, D: number];
  embedding_backward: [dy: Pointer, ids: Pointer, dtable: Pointer, T: number, D: number];
  gemm_pack: [b: Pointer, packed: Pointer, K: number, N: number, ldb: number, transposed: number];
  gemm: [a: Pointer, packed: Pointer, bias: Pointer, c: Pointer, M: number, N: number, K: number, lda: number, ldc: number, transposed: number, accumulate: number];
  gemv: [w: Pointer, x: Pointer, bias: Pointer, y: Pointer, M: number, N: number, K: number, ldx: number, ldy: number];
  longconv_forward: [u: Pointer, k: Pointer, age: Pointer, lengths: Pointer, y: Pointer, L: number, H: number, ldu: number];
  longconv_backward: [u: Pointer, k: Pointer, age: Pointer, lengths: Pointer, dy: Pointer, du: Pointer, dk: Pointer, L: number, H: number, ldu: number, lddu: number];
  cross_entropy_forward: [logits: Pointer, targets: Pointer, losses: Pointer, lse: Pointer, V: number];
  cross_entropy_backward: [logits: Pointer, targets: Pointer, lse: Pointer, scale: Pointer, dlogits: Pointer, divisor: number, V: number];
  mamba3_backward: [c: Pointer, b: Pointer, x: Pointer, adt: Pointer, dt: Pointer, trap: Pointer, angles: Pointer, biasC: Pointer, biasB: Pointer, D: Pointer, mimoX: Pointer, stateK: Pointer, stateV: Pointer, age: Pointer, lengths: Pointer, borders: Pointer, borderAngles: Pointer, dy: Pointer, dlastAngle: Pointer, dlastSsm: Pointer, dlastK: Pointer, dlastV: Pointer, dc: Pointer, db: Pointer, dx: Pointer, dadt: Pointer, ddt: Pointer, dtrap: Pointer, dangles: Pointer, dbiasC: Pointer, dbiasB: Pointer, dD: Pointer, dmimoX: Pointer, dstateAngle: Pointer, dstateSsm: Pointer, dstateK: Pointer, dstateV: Pointer, scratch: Pointer, batch: number, L: number, H: number, P: number, N: number, G: number, R: number, S: number, W: number, T: number, ldx: number, ldtrap: number, ldangle: number, lddx: number, lddtrap: number, neighbours: number, shared: number];
  mamba3_forward: [c: Pointer, b: Pointer, x: Pointer, adt: Pointer, dt: Pointer, trap: Pointer, angles: Pointer, biasC: Pointer, biasB: Pointer, D: Pointer, mimoX: Pointer, stateAngle: Pointer, stateSsm: Pointer, stateK: Pointer, stateV: Pointer, age: Pointer, lengths: Pointer, y: Pointer, lastAngle: Pointer, lastSsm: Pointer, lastK: Pointer, lastV: Pointer, borders: Pointer, borderAngles: Pointer, scratch: Pointer, L: number, H: number, P: number, N: number, G: number, R: number, S: number, W: number, T: number, ldx: number, ldtrap: number, ldangle: number, neighbours: number, shared: number, chunked: number];
  mamba3_steps_forward: [dt: Pointer, a: Pointer, bias: Pointer, delta: Pointer, adt: Pointer, H: number, lddt: number, lda: number, floor: number];
  mamba3_steps_backward: [dt: Pointer, a: Pointer, bias: Pointer, ddelta: Pointer, dadt: Pointer, ddt: Pointer, da: Pointer, H: number, lddt: number, lda: number, ldddt: number, ldda: number, floor: number];
  rank_gate_forward: [y: Pointer, z: Pointer, mz: Pointer, o: Pointer, out: Pointer, H: number, R: number, P: number, ldz: number];
  rank_gate_backward: [y: Pointer, z: Pointer, mz: Pointer, o: Pointer, dout: Pointer, dy: Pointer, dz: Pointer, dmz: Pointer, dmo: Pointer, count: number, H: number, R: number, P: number, rows: number, ldz: number, lddz: number];
  copy_rows: [from: Pointer, to: Pointer, width: number, ldf: number, ldt: number];
  fill_rows: [to: Pointer, value: number, width: number, ldt: number];
  transpose: [from: Pointer, to: Pointer, R: number, C: number];
  norm_forward: [x: Pointer, residual: Pointer, weight: Pointer, bias: Pointer, s: Pointer, y: Pointer, stats: Pointer, D: number, eps: number, centred: number];
  norm_backward: [s: Pointer, weight: Pointer, stats: Pointer, dy: Pointer, dres: Pointer, ds: Pointer, dweight: Pointer, dbias: Pointer, R: number, D: number, size: number, centred: number];
  gated_norm_forward: [x: Pointer, z: Pointer, weight: Pointer, y: Pointer, rstd: Pointer, D: number, size: number, ldx: number, ldz: number, eps: number, before: number];
  gated_norm_backward: [x: Pointer, z: Pointer, weight: Pointer, rstd: Pointer, dy: Pointer, dx: Pointer, dz: Pointer, dweight: Pointer, R: number, D: number, size: number, rows: number, ldx: number, ldz: number, lddy: number, lddx: number, lddz: number, before: number];
  adamw: [p: Pointer, g: Pointer, m: Pointer, v: Pointer, scale: number, lr: number, beta1: number, beta2: number, eps: number, decay: number, step1: number, step2: number];
  probe_fma: [sink: Pointer, steps: number];
  probe_read: [x: Pointer, sink: Pointer];
  probe_exp: [x: Pointer];
  quantile_forward: [raw: Pointer, candidates: Pointer, offset: Pointer, q: Pointer, J: number, Q: number, P: number];
  quantile_backward: [raw: Pointer, candidates: Pointer, offset: Pointer, dq: Pointer, draw: Pointer, J: number, Q: number, P: number];
  pinball_forward: [q: Pointer, y: Pointer, weight: Pointer, tau: Pointer, losses: Pointer, Q: number, P: number];
  pinball_backward: [q: Pointer, y: Pointer, weight: Pointer, tau: Pointer, scale: Pointer, dq: Pointer, Q: number, P: number];
  reduce_sum: [x: Pointer, y: Pointer, scale: number, K1: number, k0: number, k1: number, R0: number, R1: number, R2: number, r0: number, r1: number, r2: number];
  sum_parts: [x: Pointer, parts: Pointer, n: number, size: number, squares: number];
  rotary: [x: Pointer, cosines: Pointer, sines: Pointer, starts: Pointer, y: Pointer, L: number, H: number, P: number, dims: number, interleaved: number, sign: number, ldx: number, ldy: number];
  s4_forward: [u: Pointer, modes: Pointer, D: Pointer, state: Pointer, age: Pointer, lengths: Pointer, y: Pointer, lastState: Pointer, borders: Pointer, scratch: Pointer, L: number, H: number, M: number, W: number, T: number, ldu: number];
  s4_backward: [u: Pointer, modes: Pointer, D: Pointer, age: Pointer, lengths: Pointer, borders: Pointer, dout: Pointer, dlast: Pointer, du: Pointer, dmodes: Pointer, dD: Pointer, dstate: Pointer, scratch: Pointer, L: number, H: number, M: number, W: number, T: number, ldu: number, lddu: number];
  s4d_forward: [u: Pointer, modes: Pointer, D: Pointer, state: Pointer, age: Pointer, lengths: Pointer, y: Pointer, lastState: Pointer, borders: Pointer, L: number, H: number, M: number, W: number, T: number, ldu: number];
  s4d_backward: [u: Pointer, modes: Pointer, D: Pointer, age: Pointer, lengths: Pointer, borders: Pointer, dout: Pointer, dlast: Pointer, du: Pointer, dmodes: Pointer, dD: Pointer, dstate: Pointer, L: number, H: number, M: number, W: number, T: number, ldu: number, lddu: number];
  s4d_modes: [C: Pointer, logDt: Pointer, logAReal: Pointer, AImag: Pointer, modes: Pointer, H: number, M: number];
  s4d_modes_backward: [C: Pointer, logDt: Pointer, logAReal: Pointer, AImag: Pointer, dmodes: Pointer, dC: Pointer, dlogDt: Pointer, dlogAReal: Pointer, dAImag: Pointer, H: number, M: number];
  s4_modes: [C: Pointer, B: Pointer, P: Pointer, logDt: Pointer, logAReal: Pointer, AImag: Pointer, modes: Pointer, H: number, M: number];
  s4_modes_backward: [C: Pointer, B: Pointer, P: Pointer, logDt: Pointer, logAReal: Pointer, AImag: Pointer, dmodes: Pointer, dC: Pointer, dB: Pointer, dP: Pointer, dlogDt: Pointer, dlogAReal: Pointer, dAImag: Pointer, H: number, M: number];
  scan_forward: [u: Pointer, delta: Pointer, A: Pointer, b: Pointer, c: Pointer, D: Pointer, z: Pointer, bias: Pointer, state: Pointer, age: Pointer, lengths: Pointer, out: Pointer, lastState: Pointer, borders: Pointer, L: number, D: number, N: number, G: number, W: number, T: number, ldu: number, ldd: number, ldb: number, ldc: number, ldz: number, softplusDelta: number];
  scan_backward: [u: Pointer, delta: Pointer, A: Pointer, b: Pointer, c: Pointer, D: Pointer, z: Pointer, bias: Pointer, age: Pointer, lengths: Pointer, borders: Pointer, dout: Pointer, dlast: Pointer, du: Pointer, ddelta: Pointer, dA: Pointer, db: Pointer, dc: Pointer, dD: Pointer, dz: Pointer, dbias: Pointer, dstate: Pointer, scratch: Pointer, batch: number, L: number, D: number, N: number, G: number, W: number, T: number, ldu: number, ldd: number, ldb: number, ldc: number, ldz: number, lddu: number, lddd: number, lddz: number, softplusDelta: number];
  shift_forward: [x: Pointer, mix: Pointer, state: Pointer, age: Pointer, lengths: Pointer, y: Pointer, last: Pointer, L: number, D: number, ldx: number];
  shift_backward: [x: Pointer, mix: Pointer, state: Pointer, age: Pointer, lengths: Pointer, dy: Pointer, dlast: Pointer, dx: Pointer, dmix: Pointer, dstate: Pointer, L: number, D: number, ldx: number, lddx: number, add: number];
  softmax_forward: [x: Pointer, y: Pointer, N: number];
  softmax_backward: [y: Pointer, dy: Pointer, dx: Pointer, N: number];
  ssd_forward: [x: Pointer, dt: Pointer, A: Pointer, b: Pointer, c: Pointer, D: Pointer, bias: Pointer, state: Pointer, age: Pointer, lengths: Pointer, y: Pointer, lastState: Pointer, borders: Pointer, scratch: Pointer, L: number, H: number, P: number, N: number, G: number, W: number, T: number, ldx: number, lddt: number, ldb: number, ldc: number, softplusDt: number, chunked: number];
  ssd_backward: [x: Pointer, dt: Pointer, A: Pointer, b: Pointer, c: Pointer, D: Pointer, bias: Pointer, age: Pointer, lengths: Pointer, borders: Pointer, dy: Pointer, dlast: Pointer, dx: Pointer, ddt: Pointer, dA: Pointer, db: Pointer, dc: Pointer, dD: Pointer, dbias: Pointer, dstate: Pointer, scratch: Pointer, batch: number, L: number, H: number, P: number, N: number, G: number, W: number, T: number, ldx: number, lddt: number, ldb: number, ldc: number, lddx: number, ldddt: number, softplusDt: number, chunked: number];
  state_scan_forward: [u: Pointer, delta: Pointer, rate: Pointer, b: Pointer, c: Pointer, state: Pointer, age: Pointer, lengths: Pointer, y: Pointer, last: Pointer, borders: Pointer, L: number, D: number, N: number, T: number, wide: number, moves: number, selectsB: number, selectsC: number];
  state_scan_backward: [u: Pointer, delta: Pointer, rate: Pointer, b: Pointer, c: Pointer, age: Pointer, lengths: Pointer, borders: Pointer, dy: Pointer, dlast: Pointer, du: Pointer, ddelta: Pointer, drate: Pointer, db: Pointer, dc: Pointer, dstate: Pointer, L: number, D: number, N: number, T: number, wide: number, moves: number, selectsB: number, selectsC: number];
  reverse_steps: [x: Pointer, lengths: Pointer, y: Pointer, L: number, D: number, ldx: number, ldy: number];
  max_steps_forward: [x: Pointer, state: Pointer, lengths: Pointer, y: Pointer, at: Pointer, L: number, D: number, ldx: number];
  max_steps_backward: [dy: Pointer, at: Pointer, dx: Pointer, dstate: Pointer, L: number, D: number, lddx: number];
  wkv_forward: [k: Pointer, v: Pointer, w: Pointer, u: Pointer, aa: Pointer, bb: Pointer, pp: Pointer, age: Pointer, lengths: Pointer, y: Pointer, aaOut: Pointer, bbOut: Pointer, ppOut: Pointer, borders: Pointer, L: number, D: number, ldk: number, ldv: number];
  wkv_backward: [k: Pointer, v: Pointer, w: Pointer, u: Pointer, borders: Pointer, age: Pointer, lengths: Pointer, dy: Pointer, daaOut: Pointer, dbbOut: Pointer, dppOut: Pointer, dk: Pointer, dv: Pointer, dw: Pointer, du: Pointer, daa: Pointer, dbb: Pointer, dpp: Pointer, L: number, D: number, ldk: number, ldv: number, lddk: number, lddv: number];
}

export type KernelName = keyof KernelArguments;

export const kernelNames: readonly KernelName[] = [
  'attention_pack',
  'attention_forward',
  'attention_backward',
  'attention_decode',
  'attention_combine',
  'cache_append',
  'cache_append_backward',
  'cache_move',
  'conv_forward',
  'conv_backward',
  'unary',
  'binary',
  'scale_add',
  'accumulate_rows',
  'embedding_forward',
  'embedding_backward',
  'gemm_pack',
  'gemm',
  'gemv',
  'longconv_forward',
  'longconv_backward',
  'cross_entropy_forward',
  'cross_entropy_backward',
  'mamba3_backward',
  'mamba3_forward',
  'mamba3_steps_forward',
  'mamba3_steps_backward',
  'rank_gate_forward',
  'rank_gate_backward',
  'copy_rows',
  'fill_rows',
  'transpose',
  'norm_forward',
  'norm_backward',
  'gated_norm_forward',
  'gated_norm_backward',
  'adamw',
  'probe_fma',
  'probe_read',
  'probe_exp',
  'quantile_forward',
  'quantile_backward',
  'pinball_forward',
  'pinball_backward',
  'reduce_sum',
  'sum_parts',
  'rotary',
  's4_forward',
  's4_backward',
  's4d_forward',
  's4d_backward',
  's4d_modes',
  's4d_modes_backward',
  's4_modes',
  's4_modes_backward',
  'scan_forward',
  'scan_backward',
  'shift_forward',
  'shift_backward',
  'softmax_forward',
  'softmax_backward',
  'ssd_forward',
  'ssd_backward',
  'state_scan_forward',
  'state_scan_backward',
  'reverse_steps',
  'max_steps_forward',
  'max_steps_backward',
  'wkv_forward',
  'wkv_backward',
];
