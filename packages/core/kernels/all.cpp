// The translation unit that is compiled to mamba.wasm and to the native library.
#include "pool.h"
#include "simd.h"

#include "conv.cpp"
#include "elementwise.cpp"
#include "embedding.cpp"
#include "gemm.cpp"
#include "gemv.cpp"
#include "loss.cpp"
#include "memory.cpp"
#include "norm.cpp"
#include "optimizer.cpp"
#include "probe.cpp"
#include "quantile.cpp"
#include "reduce.cpp"
#include "s4d.cpp"
#include "s4dmodes.cpp"
#include "s4.cpp"
#include "s4modes.cpp"
#include "scan.cpp"
#include "statescan.cpp"
#include "shift.cpp"
#include "softmax.cpp"
#include "wkv.cpp"
#include "ssd.cpp"
#include "ssd_backward.cpp"
#include "steps.cpp"
#include "mamba3.cpp"
#include "mamba3_forward.cpp"
#include "mamba3_chunk_back.cpp"
#include "mamba3_backward.cpp"
#include "mamba3_gate.cpp"
#include "attention.cpp"
#include "attention_backward.cpp"
#include "attention_decode.cpp"
#include "cache.cpp"
#include "rotary.cpp"

#define K(name) [](const f64* slots, i32 begin, i32 end) { invoke(name, slots, begin, end); },
static const Thunk thunks[] = {
#include "table.inc"
};
static Thunk thunk_of(i32 kernel) { return thunks[kernel]; }

EXPORT i32 lanes() { return LANES; }
