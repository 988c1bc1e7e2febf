import { serviceOf } from '../../../config/plan/services.ts';
import type { DeliveryConfig } from '../../../config/shape/checked.ts';
import type { Change, CommitPreview, ImagePreview, SkippedImage } from '../../../plan/outcome.ts';
import { short } from '../printable.ts';
import { type Cell, type ProductStyle, tableLines } from '../see/style.ts';

/** What a plan comes to, for a table of it. */
export interface Planned {
  readonly images: readonly (ImagePreview | SkippedImage)[];
  readonly previews: readonly CommitPreview[];
  readonly deliveries: readonly DeliveryConfig[];
}

/** Whether it is more than what people read on one screen as lines and diffs. */
export function isLarge({ images, previews }: Planned): boolean {
  return images.length > 6 || previews.reduce((sum, { changes }) => sum + changes.length, 0) > 10;
}

/** A line for each service: what becomes of its image, and its values in each delivery, as they were and would be. */
export function planTable({ images, previews, deliveries }: Planned, { colors }: Pick<ProductStyle, 'colors'>): string {
  const services = new Map<string, Map<string, Change[]>>(images.map(({ name }) => [name, new Map()]));
  for (const { delivery, changes } of previews) {
    const { set = [] } = deliveries.find(({ name }) => name === delivery) ?? {};
    for (const change of changes) {
      const written = set.find(({ file, path }) => file === change.file && path === change.path);
      const service = serviceOf(written ?? change, delivery);
      const row = services.get(service) ?? new Map<string, Change[]>();
      services.set(service, row.set(delivery, [...(row.get(delivery) ?? []), change]));
    }
  }
  const how = (name: string): Cell => {
    const image = images.find((one) => one.name === name);
    if (image === undefined) return { text: '' };
    if (image.is === 'built') return { text: image.engine, as: colors.yellow };
    return { text: image.is === 'skipped' && image.unknown === true ? '?' : image.is, as: colors.dim };
  };
  const rows = [...services].map(([service, of]): readonly Cell[] => [
    { text: service },
    how(service),
    ...previews.map(({ delivery, instead }): Cell => {
      const [change, ...more] = of.get(delivery) ?? [];
      if (change === undefined) return { text: instead?.is ?? '=', as: colors.dim };
      const { before, after } = change;
      const rest = more.length === 0 ? '' : ` (+${more.length})`;
      return { text: `${before === undefined ? 'new' : brief(before)} → ${brief(after)}${rest}` };
    }),
  ]);
  const head = ['service', 'image', ...previews.map(({ delivery }) => delivery)].map(
    (text): Cell => ({ text, as: colors.dim }),
  );
  return tableLines([head, ...rows], [20, 8, ...previews.map(() => 26)]).join('\n');
}

/** A tag or digest by its first digits, a reference by its tag; what only the build tells, by a word. */
function brief(value: string): string {
  if (/\{(?:tag|digest|image)\./.test(value)) return '(after build)';
  const [digest] = /sha256:[0-9a-f]{64}$/.exec(value) ?? [];
  if (digest !== undefined) return short(digest);
  const last = value.slice(value.lastIndexOf(':') + 1);
  return /^[0-9a-f]{12,}$/.test(last) ? short(last) : last;
}
