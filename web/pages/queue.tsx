import type { Board } from '../../src/events/board.ts';
import { Ago, Commit, Text } from '../parts.tsx';

/** What waits to land, and what is held. */
export function Queue({ board }: { board: Board }) {
  const waiting = board.branches.flatMap((one) => one.waiting.map((change) => ({ ...one, ...change })));
  const holds = board.branches.flatMap((one) => one.holds.map((hold) => ({ ...one, hold })));
  return (
    <>
      <section>
        <h2>Waiting to land</h2>
        {waiting.length === 0 && <p class="empty">Nothing waits: every change found its way at once.</p>}
        <ol class="list">
          {waiting.map(({ id, change, publishedAt, repo, branch }) => (
            <li key={id}>
              <p>
                <Text as="strong" of={change?.subject ?? 'A change that cannot be read'} />
              </p>
              <p class="muted">
                <Text of={change?.author.name} /> · <Ago at={publishedAt} /> · <Text of={repo} /> <Text of={branch} />{' '}
                <Commit id={change?.source} />
              </p>
              {change?.edits.map(({ file, path, value, expects }) => (
                <p key={`${file} ${path}`} class="path">
                  <Text of={`${file} ${path}: ${expects ?? '?'} → ${value}`} />
                </p>
              ))}
            </li>
          ))}
        </ol>
      </section>
      <section>
        <h2>Held</h2>
        {holds.length === 0 && <p class="empty">Nothing is held: runs may set every value.</p>}
        <ul class="list">
          {holds.map(({ repo, branch, hold }) => (
            <li key={`${repo} ${branch} ${hold.file} ${hold.path}`}>
              <p>
                <Text as="strong" of={hold.why} />
              </p>
              <p class="muted">
                <Text of={hold.by} /> · since <Ago at={hold.since} /> ·{' '}
                {hold.until === undefined ? 'until it is released' : `until ${new Date(hold.until).toLocaleString()}`}
              </p>
              <Text as="p" class="path" of={`${hold.file} ${hold.path} = ${hold.value}`} />
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
