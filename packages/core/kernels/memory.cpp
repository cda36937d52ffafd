// Copies between strided rows, fills, and the native heap's pages.
#include "simd.h"

// from, to: (rows, width)   range: rows
KERNEL void copy_rows(const f32* from, f32* to, i32 width, i32 ldfrom, i32 ldto, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++)
    __builtin_memcpy(to + (i64)r * ldto, from + (i64)r * ldfrom, (u32)width * sizeof(f32));
}

// to = value. to: (rows, width)   range: rows
KERNEL void fill_rows(f32* to, f32 value, i32 width, i32 ldto, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++) {
    f32* row = to + (i64)r * ldto;
    i32 i = 0;
    for (; i + LANES <= width; i += LANES) store(row + i, splat(value));
    for (; i < width; i++) row[i] = value;
  }
}

// Swaps the last two axes. from: (batch, R, C)   to: (batch, C, R)   range: batch * C
KERNEL void transpose(const f32* from, f32* to, i32 R, i32 C, i32 begin, i32 end) {
  for (i32 i = begin; i < end; i++) {
    const f32* column = from + (i64)(i / C) * R * C + i % C;
    f32* row = to + (i64)i * R;
    for (i32 r = 0; r < R; r++) row[r] = column[(i64)r * C];
  }
}

#ifndef __wasm__
#if defined(_WIN32)
extern "C" __declspec(dllimport) void* VirtualAlloc(void*, size_t, unsigned long, unsigned long);
extern "C" __declspec(dllimport) int VirtualFree(void*, size_t, unsigned long);
EXPORT f64 map_pages(f64 bytes) { return (f64)(u64)VirtualAlloc(0, (size_t)bytes, 0x3000, 0x04); }
EXPORT void unmap_pages(f64 address, f64) { VirtualFree((void*)(u64)address, 0, 0x8000); }
#else
#include <sys/mman.h>
// Zeroed pages, large ones where the system has them. 0 if there is no memory.
EXPORT f64 map_pages(f64 bytes) {
  void* p = mmap(0, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return 0;
#ifdef MADV_HUGEPAGE
  madvise(p, (size_t)bytes, MADV_HUGEPAGE);
#endif
  return (f64)(u64)p;
}
EXPORT void unmap_pages(f64 address, f64 bytes) { munmap((void*)(u64)address, (size_t)bytes); }
#endif
EXPORT void copy_out(void* to, f64 from, f64 bytes) { __builtin_memcpy(to, (const void*)(u64)from, (size_t)bytes); }
EXPORT void copy_in(f64 to, const void* from, f64 bytes) { __builtin_memcpy((void*)(u64)to, from, (size_t)bytes); }
#endif
