// Functions of one element (unary) and of two with broadcasting (binary), with their derivatives.
#include "simd.h"

SHARED enum Unary { NEG, EXP, LOG, SQRT, SQUARE, RECIPROCAL, SIGMOID, SILU, SOFTPLUS, TANH, GELU, GELU_TANH, RELU };

constexpr f32 INV_SQRT2 = 0.70710678118654752f, INV_SQRT_2PI = 0.39894228040143268f;
constexpr f32 SQRT_2_OVER_PI = 0.79788456080286536f, GELU_CUBIC = 0.044715f;

// erf for a vector (Abramowitz and Stegun 7.1.26, absolute error under 1.5e-7).
INLINE vf erf(vf x) {
  const vf a = select(x < 0.0f, -x, x);
  const vf t = 1.0f / fma(splat(0.3275911f), a, splat(1.0f));
  vf p = splat(1.061405429f);
  p = fma(p, t, splat(-1.453152027f));
  p = fma(p, t, splat(1.421413741f));
  p = fma(p, t, splat(-0.284496736f));
  p = fma(p, t, splat(0.254829592f));
  const vf y = 1.0f - p * t * exp(-a * a);
  return select(x < 0.0f, -y, y);
}
INLINE vf square_root(vf x) {
  for (i32 i = 0; i < LANES; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
}

template <i32 op>
INLINE vf unary_of(vf x) {
  if constexpr (op == NEG) return -x;
  if constexpr (op == EXP) return exp(x);
  if constexpr (op == LOG) return log(x);
  if constexpr (op == SQRT) return square_root(x);
  if constexpr (op == SQUARE) return x * x;
  if constexpr (op == RECIPROCAL) return 1.0f / x;
  if constexpr (op == SIGMOID) return sigmoid(x);
  if constexpr (op == SILU) return silu(x);
  if constexpr (op == SOFTPLUS) return softplus(x);
  if constexpr (op == TANH) return tanh(x);
  if constexpr (op == GELU) return 0.5f * x * (1.0f + erf(x * INV_SQRT2));
  if constexpr (op == GELU_TANH) return 0.5f * x * (1.0f + tanh(SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x)));
  if constexpr (op == RELU) return select(x < 0.0f, (vf){}, x);
}
template <i32 op>
INLINE vf unary_slope(vf x) {
  if constexpr (op == NEG) return splat(-1.0f);
  if constexpr (op == EXP) return exp(x);
  if constexpr (op == LOG) return 1.0f / x;
  if constexpr (op == SQRT) return 0.5f / square_root(x);
  if constexpr (op == SQUARE) return 2.0f * x;
  if constexpr (op == RECIPROCAL) return -1.0f / (x * x);
  if constexpr (op == SIGMOID) {
    const vf s = sigmoid(x);
    return s * (1.0f - s);
  }
  if constexpr (op == SILU) {
    const vf s = sigmoid(x);
    return s * (1.0f + x * (1.0f - s));
  }
  if constexpr (op == SOFTPLUS) return select(x > 20.0f, splat(1.0f), sigmoid(x));
  if constexpr (op == TANH) {
    const vf t = tanh(x);
    return 1.0f - t * t;
  }
  if constexpr (op == GELU) return 0.5f * (1.0f + erf(x * INV_SQRT2)) + x * INV_SQRT_2PI * exp(-0.5f * x * x);
  if constexpr (op == GELU_TANH) {
    const vf t = tanh(SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x));
    return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * SQRT_2_OVER_PI * (1.0f + 3.0f * GELU_CUBIC * x * x);
  }
  if constexpr (op == RELU) return select(x > 0.0f, splat(1.0f), (vf){});
}

template <i32 op>
static void unary_loop(const f32* x, const f32* dy, f32* y, i32 begin, i32 end) {
  for (i32 i = begin; i < end; i += LANES) {
    const i32 n = min(LANES, end - i);
    const vf v = n == LANES ? load(x + i) : load_part(x + i, n);
    vf r;
    if (dy) r = (n == LANES ? load(dy + i) : load_part(dy + i, n)) * unary_slope<op>(v);
    else r = unary_of<op>(v);
    if (n == LANES) store(y + i, r);
    else store_part(y + i, r, n);
  }
}

// y = f(x), or, where dy is given, y = dy f'(x). range: elements
KERNEL void unary(i32 op, const f32* x, OPTIONAL const f32* dy, f32* y, i32 begin, i32 end) {
  switch (op) {
#define CASE(OP) \
  case OP: return unary_loop<OP>(x, dy, y, begin, end);
    CASE(NEG) CASE(EXP) CASE(LOG) CASE(SQRT) CASE(SQUARE) CASE(RECIPROCAL) CASE(SIGMOID) CASE(SILU)
    CASE(SOFTPLUS) CASE(TANH) CASE(GELU) CASE(GELU_TANH) CASE(RELU)
#undef CASE
  }
}

SHARED enum Binary { ADD, SUB, MUL, DIV };

template <i32 op>
INLINE vf binary_of(vf a, vf b) {
  if constexpr (op == ADD) return a + b;
  if constexpr (op == SUB) return a - b;
  if constexpr (op == MUL) return a * b;
  if constexpr (op == DIV) return a / b;
}

INLINE vf pick(const f32* p, i32 stride, i32 i, i32 n) {
  if (!stride) return splat(*p);
  return n == LANES ? load(p + i) : load_part(p + i, n);
}

template <i32 op>
static void binary_loop(const f32* a, const f32* b, f32* y, i32 n1, i32 n2, i32 n3, i32 a0, i32 a1, i32 a2, i32 a3,
                        i32 b0, i32 b1, i32 b2, i32 b3, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++) {
    const i32 i2 = r % n2, i1 = r / n2 % n1, i0 = r / n2 / n1;
    const f32* pa = a + (i64)i0 * a0 + (i64)i1 * a1 + (i64)i2 * a2;
    const f32* pb = b + (i64)i0 * b0 + (i64)i1 * b1 + (i64)i2 * b2;
    f32* py = y + (i64)r * n3;
    for (i32 i = 0; i < n3; i += LANES) {
      const i32 n = min(LANES, n3 - i);
      const vf v = binary_of<op>(pick(pa, a3, i, n), pick(pb, b3, i, n));
      if (n == LANES) store(py + i, v);
      else store_part(py + i, v, n);
    }
  }
}

// y = a op b over four axes (n0, n1, n2, n3). a and b have a stride for each axis; those of the last are 0 or 1.
// y: contiguous   range: rows, n0 * n1 * n2
KERNEL void binary(i32 op, const f32* a, const f32* b, f32* y, i32 n1, i32 n2, i32 n3, i32 a0, i32 a1, i32 a2, i32 a3,
                   i32 b0, i32 b1, i32 b2, i32 b3, i32 begin, i32 end) {
  switch (op) {
#define CASE(OP) \
  case OP: return binary_loop<OP>(a, b, y, n1, n2, n3, a0, a1, a2, a3, b0, b1, b2, b3, begin, end);
    CASE(ADD) CASE(SUB) CASE(MUL) CASE(DIV)
#undef CASE
  }
}

// y = scale x + offset y; with offset 0, y is not read. range: elements
KERNEL void scale_add(const f32* x, f32* y, f32 scale, f32 offset, i32 begin, i32 end) {
  i32 i = begin;
  for (; i + LANES <= end; i += LANES) {
    const vf v = scale * load(x + i);
    store(y + i, offset == 0.0f ? v : fma(splat(offset), load(y + i), v));
  }
  for (; i < end; i++) y[i] = scale * x[i] + (offset == 0.0f ? 0 : offset * y[i]);
}

// y += x over rows. range: rows of `width`
KERNEL void accumulate_rows(const f32* x, f32* y, i32 width, i32 ldx, i32 ldy, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++) {
    const f32* from = x + (i64)r * ldx;
    f32* to = y + (i64)r * ldy;
    i32 i = 0;
    for (; i + LANES <= width; i += LANES) store(to + i, load(to + i) + load(from + i));
    for (; i < width; i++) to[i] += from[i];
  }
}
