// Threads that share one job at a time.
//
// `dispatch` publishes a kernel and its arguments, runs its own part of the range, and waits for
// the others. Parts are fixed by (total, grain, threads) alone, so results do not depend on timing.
// Workers spin for a while (a training step issues a job every few microseconds), then sleep.
#pragma once
#include "kernel.h"

#ifdef __wasm__
INLINE void sleep_while(i32* word, i32 value) { __builtin_wasm_memory_atomic_wait32(word, value, -1); }
INLINE void wake_all(i32* word) { __builtin_wasm_memory_atomic_notify(word, ~0u); }
INLINE void pause_briefly() {}
#else
#include <atomic>
#include <thread>
INLINE void sleep_while(i32* word, i32 value) { ((std::atomic<i32>*)word)->wait(value); }
INLINE void wake_all(i32* word) { ((std::atomic<i32>*)word)->notify_all(); }
INLINE void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
#endif

constexpr i32 SPINS = 20000;
constexpr i32 MAX_SLOTS = 64;
constexpr i32 MAX_THREADS = 64;

typedef void (*Thunk)(const f64*, i32, i32);
static Thunk thunk_of(i32 kernel);

static struct {
  i32 generation;  // grows with every job; workers wait on it
  i32 pending;     // workers still at the job
  i32 busy;        // held by the thread that dispatches
  i32 sleepers;    // workers that must be woken
  i32 workers;     // started so far
  i32 stop;
  i32 kernel, total, grain, parts;
  f64 slots[MAX_SLOTS];
} pool;

INLINE i32 get(i32* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
INLINE void set(i32* word, i32 value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }

static void run_part(i32 part) {
  const i64 chunks = ceil_div(pool.total, pool.grain);
  const i32 begin = (i32)(chunks * part / pool.parts) * pool.grain;
  const i32 end = min((i32)(chunks * (part + 1) / pool.parts) * pool.grain, pool.total);
  if (begin < end) thunk_of(pool.kernel)(pool.slots, begin, end);
}

// A worker's whole life. `index` counts from 1: part 0 belongs to the dispatching thread.
EXPORT void work(i32 index, i32 seen) {
  for (;;) {
    for (i32 spin = 0; get(&pool.generation) == seen; spin++) {
      if (spin < SPINS) pause_briefly();
      else {
        __atomic_fetch_add(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
        sleep_while(&pool.generation, seen);
        __atomic_fetch_sub(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
      }
    }
    seen = get(&pool.generation);
    if (get(&pool.stop)) break;
    if (index < pool.parts) run_part(index);
    __atomic_fetch_sub(&pool.pending, 1, __ATOMIC_SEQ_CST);
  }
  __atomic_fetch_sub(&pool.pending, 1, __ATOMIC_SEQ_CST);
}

// Runs `kernel` over [0, total) in parts that are multiples of `grain`, on at most `threads` threads.
EXPORT void dispatch(i32 kernel, const f64* slots, i32 total, i32 grain, i32 threads) {
  const i32 parts = min(min(threads, pool.workers + 1), ceil_div(total, grain));
  // Another thread of this process is dispatching, or one part is enough: run it here.
  if (parts <= 1 || __atomic_exchange_n(&pool.busy, 1, __ATOMIC_SEQ_CST)) {
    if (total > 0) thunk_of(kernel)(slots, 0, total);
    return;
  }
  pool.kernel = kernel;
  pool.total = total;
  pool.grain = grain;
  pool.parts = parts;
  for (i32 i = 0; i < MAX_SLOTS; i++) pool.slots[i] = slots[i];
  set(&pool.pending, pool.workers);
  __atomic_fetch_add(&pool.generation, 1, __ATOMIC_SEQ_CST);
  if (get(&pool.sleepers)) wake_all(&pool.generation);
  run_part(0);
  while (get(&pool.pending)) pause_briefly();
  set(&pool.busy, 0);
}

// The generation a worker that starts now has seen; it counts as started from here on.
EXPORT i32 enlist() {
  pool.workers++;
  return get(&pool.generation);
}

// Ends all workers.
EXPORT void dismiss() {
  set(&pool.pending, pool.workers);
  set(&pool.stop, 1);
  __atomic_fetch_add(&pool.generation, 1, __ATOMIC_SEQ_CST);
  wake_all(&pool.generation);
}

#ifndef __wasm__
// Starts threads until there are `count` beside the caller.
EXPORT void start_workers(i32 count) {
  while (pool.workers < min(count, MAX_THREADS)) {
    const i32 index = pool.workers + 1, seen = enlist();
    std::thread(work, index, seen).detach();
  }
}
#endif
