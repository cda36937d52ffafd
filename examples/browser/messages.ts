/** Messages between the page and its Worker. */
export type Request =
  | { kind: 'train'; steps: number }
  | { kind: 'stop' }
  | { kind: 'write'; prompt: string; temperature: number };

export type Reply =
  | { kind: 'ready'; device: string }
  /** Loss in nats per byte. */
  | { kind: 'step'; iter: number; loss: number; bytesPerSecond: number }
  | { kind: 'trained' }
  /** A new text begins with `prompt`. */
  | { kind: 'begin'; prompt: string }
  | { kind: 'piece'; text: string }
  | { kind: 'written' }
  | { kind: 'failed'; message: string };
