import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's room for new objects as large as it is by now: it would grow to 48 MB in whoever reads much, and stay so.
 * For what goes on for long; nothing but the number of small collections changes.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
