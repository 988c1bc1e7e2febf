import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/config.ts';
import { isLarge, type Planned, planTable } from '../../../src/entry/show/report/plan-table.ts';
import type { Change, CommitPreview, ImagePreview } from '../../../src/plan/outcome.ts';

const services = 'account cart catalog checkout inventory mail orders payment pricing search shipping web'.split(' ');
const environments = ['dev', 'staging', 'production'];
const text = `registry: ghcr.io/acme
tag: "{content}"
images: { services/*: {} }
deliveries:
${environments.map((name) => `  ${name}: { from: main, repo: acme/config, set: { "${name}/{name}.yaml": { .image.tag: "{tag}" } } }`).join('\n')}
`;
const folders = services.map((name) => ({ dir: `services/${name}`, is: 'service' as const }));
const { deliveries } = parseConfig(
  text,
  'tagboat.yaml',
  {},
  { lists: { folders: new Map([['services/*', { folders }]]) } },
);

const images = services.map((name, at): ImagePreview => {
  const image = { name, reference: `ghcr.io/acme/${name}:${String(at).repeat(20).slice(0, 20)}`, why: 'so' };
  return at === 1
    ? { ...image, is: 'built', engine: 'buildx', careful: ['A note.'] }
    : { ...image, is: 'reused', digest: `sha256:${'a'.repeat(64)}` };
});
const changed = (delivery: string, service: string, change: Partial<Change> = {}): Change => ({
  ...{ file: `${delivery}/${service}.yaml`, path: '.image.tag', before: 'a'.repeat(20), after: 'b'.repeat(20) },
  ...change,
});
const preview = (delivery: string, changes: readonly Change[]): CommitPreview => ({
  ...{ delivery, repo: 'https://github.com/acme/config', branch: 'main', tip: 'c'.repeat(40), diff: '', changes },
});
const planned = (of: (delivery: string, service: string) => Change[]): Planned => ({
  ...{ images, deliveries },
  previews: environments.map((name) =>
    preview(
      name,
      services.flatMap((service) => of(name, service)),
    ),
  ),
});
const linesOf = (all: Planned) => planTable(all, { colors: picocolors.createColors(false) }).split('\n');

describe('the table of a plan', () => {
  it('of twelve services and three environments is a line for each service, on one screen', () => {
    const all = planned((delivery, service) => [changed(delivery, service)]);
    const lines = linesOf(all);
    expect(isLarge(all)).toBe(true);
    expect(lines).toHaveLength(13);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines[0]).toMatch(/^service +image +dev +staging +production$/);
    expect(lines[2]).toMatch(/^cart +buildx +aaaaaaa → bbbbbbb +aaaaaaa → bbbbbbb +aaaaaaa → bbbbbbb$/);
  });

  it('tells what stays, what is new, what the build alone tells, and references by their tags', () => {
    const digest = `sha256:${'d'.repeat(64)}`;
    const lines = linesOf(
      planned((delivery, service) => {
        if (service === 'account') return delivery === 'dev' ? [changed(delivery, service, { before: undefined })] : [];
        if (service === 'cart') return [changed(delivery, service, { after: '{tag.cart}' })];
        return [changed(delivery, service, { before: 'ghcr.io/acme/x:v1.2', after: `ghcr.io/acme/x@${digest}` })];
      }),
    );
    expect(lines[1]).toMatch(/^account +reused +new → bbbbbbb += {2,}=$/);
    expect(lines[2]).toMatch(/^cart +buildx +aaaaaaa → \(after build\)/);
    expect(lines[3]).toMatch(/^catalog +reused +v1\.2 → dddddddddddd/);
  });

  it('is wide enough for long names, and no wider', () => {
    const long = 'v1.2.3-a-very-long-name-of-a-branch-that-nobody-can-read';
    const lines = linesOf(planned((delivery, service) => [changed(delivery, service, { after: long })]));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  });
});
