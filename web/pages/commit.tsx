import { useEffect, useState } from 'preact/hooks';
import { promotedValue, promotionText } from '../../src/entry/show/see/promotion-words.ts';
import type { Board } from '../../src/events/board.ts';
import type { WhereValue } from '../../src/events/json-event.ts';
import type { DeliveryStanding, Obstacle } from '../../src/plan/where.ts';
import { ask, kept } from '../api.ts';
import { Ago, Commit, State, short, Text } from '../parts.tsx';

async function find(board: Board, asked: string): Promise<WhereValue> {
  if (kept === undefined) return ask(`where?what=${encodeURIComponent(asked)}`);
  const found = board.where?.find(({ commit }) => commit.startsWith(asked));
  if (found === undefined) throw new Error('This page is a copy and knows of the commits that stood somewhere alone.');
  return found;
}

/** A commit's way through the environments. */
export function CommitPage({ board, asked = board.commit }: { board: Board; asked: string | undefined }) {
  const [text, setText] = useState(asked ?? '');
  const [found, setFound] = useState<WhereValue>();
  const [wrong, setWrong] = useState<string>();
  useEffect(() => {
    if (asked === undefined || asked === '') return;
    let gone = false;
    setText(asked);
    setWrong(undefined);
    find(board, asked).then(
      (value) => {
        if (!gone) setFound(value);
      },
      (error: Error) => {
        if (gone) return;
        setWrong(error.message);
        setFound(undefined);
      },
    );
    return () => {
      gone = true;
    };
  }, [asked, board]);
  return (
    <>
      <form
        class="filters"
        aria-label="Which commit"
        onSubmit={(event) => {
          event.preventDefault();
          location.hash = `#/commit/${encodeURIComponent(text.trim())}`;
        }}
      >
        <label class="choice wide">
          <span>Commit, tag, branch, pull request or image</span>
          <input value={text} maxLength={500} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="submit">Where is it?</button>
      </form>
      <div aria-live="polite">
        {wrong !== undefined && <Text as="p" class="note" of={wrong} most={600} />}
        {found === undefined && wrong === undefined && <p class="empty">Looking …</p>}
        {found && <Way of={found} />}
      </div>
    </>
  );
}

function Way({
  of: { commit, subject, author, committedAt, url, branches, tags, images, deliveries },
}: {
  of: WhereValue;
}) {
  return (
    <ol class="way">
      <li class="stop there">
        <Text as="h2" of={subject ?? short(commit)} />
        <p class="muted">
          <Commit id={commit} repo={url} /> · <Text of={author?.name} /> · <Ago at={committedAt} />
          {[...branches, ...tags].length > 0 && (
            <>
              {' '}
              · on <Text of={[...branches, ...tags].join(', ')} most={120} />
            </>
          )}
        </p>
      </li>
      {images.length > 0 && (
        <li class={`stop ${images.every(({ is }) => is === 'built') ? 'there' : 'not'}`}>
          <h2>Images</h2>
          {images.map(({ name, is, reference, digest, why }) => (
            <p key={name}>
              <State is={is === 'built' ? 'ok' : is === 'notBuilt' ? 'bad' : 'none'}>
                {is === 'notBuilt' ? 'not built' : is}
              </State>{' '}
              <Text as="strong" of={name} /> <Text as="span" class="muted" of={digest ?? why ?? reference} most={120} />
            </p>
          ))}
        </li>
      )}
      {deliveries.map((one) => (
        <Stop key={one.delivery} of={one} />
      ))}
    </ol>
  );
}

const stands = { there: 'there', partly: 'partly there', notThere: 'not there', unknown: 'unknown' };

function Stop({ of: { delivery, is, places, obstacles, live } }: { of: DeliveryStanding }) {
  const since = places.find((one) => one.since !== undefined)?.since;
  const bad = live?.find((one) => one.is !== 'healthy');
  return (
    <li class={`stop ${is === 'there' ? 'there' : is === 'partly' ? 'partly' : 'not'}`}>
      <Text as="h2" of={delivery} />
      <p>
        <State is={is === 'there' ? (bad ? 'bad' : 'ok') : is === 'partly' ? 'wait' : 'none'}>{stands[is]}</State>
        {since && (
          <span class="muted">
            {' '}
            since <Ago at={since.at} /> by <Commit id={since.commit} />
          </span>
        )}
      </p>
      {live?.map((one) => (
        <p key={one.application} class="muted">
          <Text of={one.application} />: {one.is}, <Text of={one.why} />
        </p>
      ))}
      {obstacles.map((one, at) => (
        <Text as="p" key={at} class="note" of={obstacleText(one)} most={400} />
      ))}
    </li>
  );
}

function obstacleText(one: Obstacle): string {
  switch (one.is) {
    case 'held':
      return `Held by ${one.hold.by}: ${one.hold.why}`;
    case 'waiting':
      return `Waits in the queue${one.ahead > 0 ? `, behind ${one.ahead}` : ', first'}`;
    case 'proposed':
      return `Waits for review${one.proposal.number === undefined ? ` on ${one.proposal.head}` : ` in #${one.proposal.number}`}`;
    case 'rolledBack':
      return `Rolled back by ${one.by}${one.why === undefined ? '' : `: ${one.why}`}`;
    case 'byHand':
      return `Set by hand: ${one.file} ${one.path} = ${one.value}`;
    case 'gone':
      return `Gone: ${one.file} ${one.path}`;
    case 'notTaken':
      return `Takes ${one.takes.join(', ')}, and the commit is on ${one.on.join(', ')}`;
    case 'notBuilt':
      return `Not built: ${one.images.join(', ')}`;
    case 'otherLine':
      return `What is there is of another line: ${short(one.from)}`;
    case 'unknown':
      return one.why;
    case 'notPromoted':
      return one.candidate === undefined
        ? `Comes after ${one.after}, which hasn't got it`
        : `${promotedValue(one.candidate)} ${promotionText(one.candidate, Date.now())}`;
    case 'notDelivered':
      return 'No run has delivered it yet';
  }
}
