import { expect, it, vi } from 'vitest';
import { findImages } from '../../../src/entry/init/find-images.ts';

it('finds the images of a compose file with tags of its own, and nothing of it is warned of on standard error', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const text = 'services:\n  app:\n    build: ./app\n    ports: !reset []\n';
  const files = ['compose.yaml', 'app/Dockerfile'];
  const found = findImages({ 'compose.yaml': text, 'app/Dockerfile': 'FROM scratch\n' }, files, 'shop');
  expect(found.map(({ dockerfile }) => dockerfile)).toContain('app/Dockerfile');
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});
