// Written by scripts/kernels.mjs from kernels/pool.h.

/** Arguments of a kernel. */
export const MAX_SLOTS = 64;

export const MAX_THREADS = 64;
