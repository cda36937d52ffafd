// The base of every kernel file: number types, and how a kernel is called.
//
// A kernel is a function over pointers. Its last two parameters are a range [begin, end) of its outermost parallel
// dimension. `dispatch` (pool.h) divides the range into parts and runs them on the threads. The other arguments
// arrive as f64 slots: addresses, counts and scalars all fit exactly, and WASM and native have one layout.
//
// From these files scripts/kernels.mjs writes table.inc and, for each file, src/backend/kernels/<file>.ts:
//
//   KERNEL void name(…, i32 begin, i32 end)   a function with named arguments. A parameter `ld<name>` is the
//                                             row stride of the pointer <name>, and comes with its tensor.
//   EXPORT i32 name(i32 …)                    a function that gives a size, such as floats of scratch
//   SHARED constexpr i32 NAME = 64;           a constant
//   SHARED enum Name { A, B };                an object: Name.a is 0
#pragma once

typedef int i32;
typedef unsigned u32;
typedef long long i64;
typedef unsigned long long u64;
typedef float f32;
typedef double f64;

#ifdef __wasm__
#define EXPORT extern "C" __attribute__((visibility("default"), used))
#elif defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif

// Words that scripts/kernels.mjs looks for (see above).
#define KERNEL static
#define OPTIONAL  // a pointer that may be null
#define SHARED    // a constant or an enum that TypeScript uses too
#define INLINE inline __attribute__((always_inline))

INLINE i32 min(i32 a, i32 b) { return a < b ? a : b; }
INLINE i32 max(i32 a, i32 b) { return a > b ? a : b; }
INLINE i32 ceil_div(i32 a, i32 b) { return (a + b - 1) / b; }

template <class T>
struct Slot {
  static INLINE T from(f64 x) { return (T)x; }
};
template <class T>
struct Slot<T*> {
  static INLINE T* from(f64 x) { return (T*)(__UINTPTR_TYPE__)x; }
};

template <i32... I>
struct Indices {};
template <i32 N, i32... I>
struct Count : Count<N - 1, N - 1, I...> {};
template <i32... I>
struct Count<0, I...> {
  typedef Indices<I...> type;
};

template <class... A, i32... I>
INLINE void invoke_at(void (*kernel)(A...), const f64* slots, i32 begin, i32 end, Indices<I...>) {
  constexpr i32 n = sizeof...(A);
  kernel((I == n - 2 ? (A)Slot<A>::from(begin) : I == n - 1 ? (A)Slot<A>::from(end) : Slot<A>::from(slots[I]))...);
}
template <class... A>
INLINE void invoke(void (*kernel)(A...), const f64* slots, i32 begin, i32 end) {
  invoke_at(kernel, slots, begin, end, typename Count<sizeof...(A)>::type());
}
