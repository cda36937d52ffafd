/**
 * Mamba-3's scan (Lahoti et al. 2026), step by step, with its gate.
 *
 *   hₜ = αₜ hₜ₋₁ + βₜ Σᵣ Kₜ₋₁ ⊗ Vₜ₋₁ + γₜ Σᵣ Kₜ ⊗ Vₜ      yₜ = Qₜ·hₜ + D Vₜ      out = Σᵣ mimoO · y · silu(z · mimoZ)
 *
 * Where a document begins (age 0) what came before counts as zero.
 */
import { type Array64, array } from './array.ts';
import { silu } from './elementwise.ts';

export interface Mamba3Input {
  C: Array64; //      (B, L, R, G, N)
  B: Array64; //      (B, L, R, G, N)
  x: Array64; //      (B, L, H, P)
  ADT: Array64; //    (B, L, H)
  DT: Array64; //     (B, L, H)
  trap: Array64; //   (B, L, H)
  angles: Array64; // (B, L, H, S), or (B, L, 1, S), the same for all heads
  CBias: Array64; //  (H, R, N)
  BBias: Array64; //  (H, R, N)
  D?: Array64; //     (H)
  z?: Array64; //     (B, L, H, P)
  mimoX?: Array64; // (H, R, P)
  mimoZ?: Array64; // (H, R, P)
  mimoO?: Array64; // (H, R, P)
  angle?: Array64; // (B, H, S), the state
  ssm?: Array64; //   (B, H, N, P)
  k?: Array64; //     (B, R, H, N)
  v?: Array64; //     (B, H, P)
  ages?: Int32Array; //    (B, L)
  lengths?: Int32Array; // (B)
}

export type Mamba3Output = Record<'out' | 'y' | 'angle' | 'ssm' | 'k' | 'v', Array64>;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** → out: (B, L, H, P), y: (B, L, H, R, P), zeros beyond a row's length, and the state after */
export function mamba3(input: Mamba3Input): Mamba3Output {
  const { x, C, angles } = input;
  const [batch, L, H, P] = x.shape;
  const [R, G, N] = C.shape.slice(2);
  const [angleHeads, S] = angles.shape.slice(2);
  const copy = (one: Array64 | undefined, shape: number[]) => array(shape, one?.data);
  const all = {
    out: array(x.shape),
    y: array([batch, L, H, R, P]),
    angle: copy(input.angle, [batch, H, S]),
    ssm: copy(input.ssm, [batch, H, N, P]),
    k: copy(input.k, [batch, R, H, N]),
    v: copy(input.v, [batch, H, P]),
  };
  const rank = (one: Array64 | undefined, h: number, r: number, p: number) => one?.data[(h * R + r) * P + p] ?? 1;

  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < (input.lengths ? input.lengths[b] : L); t++) {
      for (let h = 0; h < H; h++) {
        const row = b * L + t;
        const [at, group] = [row * H + h, Math.floor(h / (H / G))];
        const fresh = input.ages?.[row] === 0;
        const theta = all.angle.data.subarray((b * H + h) * S, (b * H + h + 1) * S);
        const state = all.ssm.data.subarray((b * H + h) * N * P, (b * H + h + 1) * N * P);
        const v = all.v.data.subarray((b * H + h) * P, (b * H + h + 1) * P);
        const keys = Array.from({ length: R }, (_, r) => {
          const from = ((b * R + r) * H + h) * N;
          return all.k.data.subarray(from, from + N);
        });
        const delta = input.DT.data[at];
        const lambda = sigmoid(input.trap.data[at]);
        const alpha = Math.exp(input.ADT.data[at]);

        // The share of the step before.
        for (let n = 0; n < N; n++) {
          for (let p = 0; p < P; p++) {
            let sum = state[n * P + p];
            for (let r = 0; r < R; r++) sum += (1 - lambda) * delta * keys[r][n] * v[p] * rank(input.mimoX, h, r, p);
            state[n * P + p] = fresh ? 0 : alpha * sum;
          }
        }
        for (let i = 0; i < S; i++) {
          const turn = Math.PI * Math.tanh(angles.data[(row * angleHeads + (angleHeads > 1 ? h : 0)) * S + i]) * delta;
          const sum = (fresh ? 0 : theta[i]) + turn;
          theta[i] = sum - 2 * Math.PI * Math.round(sum / (2 * Math.PI));
        }
        const rotated = (one: Array64, bias: Array64, r: number) => {
          const values = Array.from(
            { length: N },
            (_, n) => one.data[((row * R + r) * G + group) * N + n] + bias.data[(h * R + r) * N + n],
          );
          for (let i = 0; i < S; i++) {
            const [j, k] = input.mimoX ? [i, i + N / 2] : [2 * i, 2 * i + 1];
            const [a, c] = [values[j], values[k]];
            values[j] = a * Math.cos(theta[i]) - c * Math.sin(theta[i]);
            values[k] = a * Math.sin(theta[i]) + c * Math.cos(theta[i]);
          }
          return values;
        };
        for (let p = 0; p < P; p++) v[p] = x.data[at * P + p];
        for (let r = 0; r < R; r++) {
          keys[r].set(rotated(input.B, input.BBias, r));
          for (let n = 0; n < N; n++) {
            for (let p = 0; p < P; p++)
              state[n * P + p] += lambda * delta * keys[r][n] * v[p] * rank(input.mimoX, h, r, p);
          }
        }
        for (let r = 0; r < R; r++) {
          const query = rotated(C, input.CBias, r);
          for (let p = 0; p < P; p++) {
            let y = input.D ? input.D.data[h] * v[p] * rank(input.mimoX, h, r, p) : 0;
            for (let n = 0; n < N; n++) y += query[n] * state[n * P + p];
            all.y.data[(at * R + r) * P + p] = y;
            const gate = input.z ? silu(input.z.data[at * P + p] * rank(input.mimoZ, h, r, p)) : 1;
            all.out.data[at * P + p] += rank(input.mimoO, h, r, p) * y * gate;
          }
        }
      }
    }
  }
  return all;
}
