// Threads that share one job at a time.
//
// `dispatch` publishes a kernel, its arguments and the number of parts of the range. All threads claim parts until
// none is left, the dispatching thread included: if another process occupies a core, no thread waits for a worker that
// has not started. The parts depend on (total, grain, threads) alone and write to separate memory, so results do not
// depend on which thread runs a part, or when. Workers spin for a while (a training step issues a job every few
// microseconds), then sleep.
#pragma once
#include "kernel.h"

#ifdef __wasm__
INLINE void sleep_while(i32* word, i32 value) { __builtin_wasm_memory_atomic_wait32(word, value, -1); }
INLINE void wake_all(i32* word) { __builtin_wasm_memory_atomic_notify(word, ~0u); }
INLINE void pause_briefly() {}
INLINE void give_way() {}
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
INLINE void give_way() { std::this_thread::yield(); }
#endif

constexpr i32 SPINS = 20000;
SHARED constexpr i32 MAX_SLOTS = 64;  // arguments of a kernel
SHARED constexpr i32 MAX_THREADS = 64;
// More parts than threads balance the load on a busy machine.
constexpr i32 PARTS_PER_THREAD = 4;

typedef void (*Thunk)(const f64*, i32, i32);
static Thunk thunk_of(i32 kernel);

// One word holds the number of the job, its parts, and the next part to claim: a claim cannot mix two jobs.
struct Claims {
  u64 word;
  INLINE i32 next() const { return (i32)(word & 0xffff); }
  INLINE i32 parts() const { return (i32)(word >> 16 & 0xffff); }
  INLINE bool left() const { return next() < parts(); }
};

static struct {
  u64 claims;
  i32 finished;    // parts of the job that are done
  i32 generation;  // grows with every job; workers sleep on it
  i32 busy;        // held by the thread that dispatches
  i32 sleepers;    // workers that sleep
  i32 workers;     // started so far
  i32 stop;
  i32 kernel, total, grain, parts;
  f64 slots[MAX_SLOTS];
} pool;

INLINE i32 get(i32* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
INLINE void set(i32* word, i32 value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
INLINE Claims claims() { return {__atomic_load_n(&pool.claims, __ATOMIC_SEQ_CST)}; }

// Claims one part of the job and runs it. False if none was left.
static bool run_a_part() {
  for (Claims seen = claims(); seen.left(); seen = claims()) {
    u64 word = seen.word;
    if (!__atomic_compare_exchange_n(&pool.claims, &word, word + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    // The job does not change until this part is finished.
    const i64 chunks = ceil_div(pool.total, pool.grain), part = seen.next();
    const i32 begin = (i32)(chunks * part / pool.parts) * pool.grain;
    const i32 end = min((i32)(chunks * (part + 1) / pool.parts) * pool.grain, pool.total);
    if (begin < end) thunk_of(pool.kernel)(pool.slots, begin, end);
    __atomic_fetch_add(&pool.finished, 1, __ATOMIC_SEQ_CST);
    return true;
  }
  return false;
}

// The main loop of a worker.
EXPORT void work() {
  for (;;) {
    const i32 seen = get(&pool.generation);
    if (get(&pool.stop)) return;
    while (run_a_part()) {
    }
    i32 spin = 0;
    while (spin < SPINS && get(&pool.generation) == seen) spin++, pause_briefly();
    if (spin < SPINS) continue;
    __atomic_fetch_add(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
    sleep_while(&pool.generation, seen);
    __atomic_fetch_sub(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
  }
}

// Runs `kernel` over [0, total) in parts that are multiples of `grain`, on at most `threads` threads.
EXPORT void dispatch(i32 kernel, const f64* slots, i32 total, i32 grain, i32 threads) {
  const i32 parts = min(threads * PARTS_PER_THREAD, ceil_div(total, grain));
  // Run it here if there is one thread or one part, or if another thread of this process is dispatching.
  if (threads <= 1 || parts <= 1 || __atomic_exchange_n(&pool.busy, 1, __ATOMIC_SEQ_CST)) {
    if (total > 0) thunk_of(kernel)(slots, 0, total);
    return;
  }
  pool.kernel = kernel;
  pool.total = total;
  pool.grain = grain;
  pool.parts = parts;
  for (i32 i = 0; i < MAX_SLOTS; i++) pool.slots[i] = slots[i];
  set(&pool.finished, 0);
  const u64 job = (claims().word >> 32) + 1;
  __atomic_store_n(&pool.claims, job << 32 | (u64)parts << 16, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&pool.generation, 1, __ATOMIC_SEQ_CST);
  if (get(&pool.sleepers)) wake_all(&pool.generation);
  while (run_a_part()) {
  }
  for (i32 spin = 0; get(&pool.finished) < parts; spin++) spin < SPINS ? pause_briefly() : give_way();
  set(&pool.busy, 0);
}

// Ends the workers when they are idle.
EXPORT void dismiss() {
  set(&pool.stop, 1);
  __atomic_fetch_add(&pool.generation, 1, __ATOMIC_SEQ_CST);
  wake_all(&pool.generation);
}

#ifndef __wasm__
// Starts threads until there are `count` in addition to the caller.
EXPORT void start_workers(i32 count) {
  for (; pool.workers < min(count, MAX_THREADS); pool.workers++) std::thread(work).detach();
}
#endif
