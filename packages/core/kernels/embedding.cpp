// Rows of a table by index, and the gradient of the table.
#include "simd.h"

// y[t] = table[ids[t]]. y: (T, D)   table: (V, D)   ids: (T)   range: T
KERNEL void embedding_forward(const f32* table, const i32* ids, f32* y, i32 D, i32 begin, i32 end) {
  for (i32 t = begin; t < end; t++) __builtin_memcpy(y + (i64)t * D, table + (i64)ids[t] * D, (u32)D * sizeof(f32));
}

// dtable[ids[t]] += dy[t]. Threads divide the columns, so two tokens of one id are never added at the same time.
// range: D
KERNEL void embedding_backward(const f32* dy, const i32* ids, f32* dtable, i32 T, i32 D, i32 begin, i32 end) {
  for (i32 t = 0; t < T; t++) {
    const f32* from = dy + (i64)t * D;
    f32* to = dtable + (i64)ids[t] * D;
    i32 d = begin;
    for (; d + LANES <= end; d += LANES) store(to + d, load(to + d) + load(from + d));
    for (; d < end; d++) to[d] += from[d];
  }
}
