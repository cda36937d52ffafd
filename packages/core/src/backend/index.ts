/** backend. */
export type { BackendName } from './open.ts';
