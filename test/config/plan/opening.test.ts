import { describe, expect, it } from 'vitest';
import { openingAt } from '../../../src/config/plan/promotion/opening.ts';
import { parseFreeze, parseHours } from '../../../src/config/shape/delivery/after.ts';

const hours = (text: string) => {
  const found = parseHours(text);
  if ('why' in found) throw new RangeError(found.why);
  return found;
};
const freeze = (text: string) => {
  const found = parseFreeze(text, 'Europe/Berlin');
  if ('why' in found) throw new RangeError(found.why);
  return found;
};
/** Told as `open`, or as the time at which it opens, or until which it is frozen. */
const at = (time: string, windows: readonly string[], freezes: readonly string[] = []): string => {
  const told = openingAt({ windows: windows.map(hours), freezes: freezes.map(freeze) }, Date.parse(time));
  if (told.is === 'open') return 'open';
  const until = told.is === 'frozen' ? told.until : told.opens;
  return `${told.is} ${until === undefined ? 'for ever' : new Date(until).toISOString().slice(0, 16)}`;
};

const office = 'Mon-Fri 09:00-17:00 Europe/Berlin';
const night = 'Sat 22:00-06:00 Europe/Berlin';

describe('when something may be promoted', () => {
  it.each([
    ['no window is always open', '2026-12-06T03:00Z', [], 'open'],
    ['the first minute', '2026-11-30T08:00Z', [office], 'open'],
    ['a moment before it', '2026-11-30T07:59:59.999Z', [office], 'closed 2026-11-30T08:00'],
    ['the last moment', '2026-11-30T15:59:59.999Z', [office], 'open'],
    ['the end is no part of it', '2026-11-30T16:00Z', [office], 'closed 2026-12-01T08:00'],
    ['a weekend', '2026-12-05T12:00Z', [office], 'closed 2026-12-07T08:00'],
    [
      'the nearest of several',
      '2026-12-05T12:00Z',
      [office, 'Sun 10:00-11:00 America/New_York'],
      'closed 2026-12-06T15:00',
    ],
    ['a whole day', '2026-12-05T22:59Z', ['Sat 00:00-24:00 Europe/Berlin'], 'open'],
    ['after a whole day', '2026-12-05T23:00Z', ['Sat 00:00-24:00 Europe/Berlin'], 'closed 2026-12-11T23:00'],
    ['days over the end of the week', '2026-12-07T12:00Z', ['Sat-Mon 09:00-17:00 UTC'], 'open'],
    ['hours over midnight, on their day', '2026-12-05T21:00Z', [night], 'open'],
    ['hours over midnight, on the day after', '2026-12-06T04:59Z', [night], 'open'],
    ['hours over midnight, over', '2026-12-06T05:00Z', [night], 'closed 2026-12-12T21:00'],
    ['hours over midnight of Sunday, on Monday', '2026-12-07T01:00Z', ['Sun 23:00-03:00 UTC'], 'open'],
    ['hours over midnight, the morning of their own day', '2026-12-05T04:00Z', [night], 'closed 2026-12-05T21:00'],
  ] as const)('%s', (_, time, windows, told) => {
    expect(at(time, windows)).toBe(told);
  });

  // Europe/Berlin: 2026-03-29 02:00 is 03:00 (01:00Z), 2026-10-25 03:00 is 02:00 (01:00Z).
  it.each([
    ['summer begins an hour earlier by UTC', '2026-03-30T07:00Z', office, 'open'],
    ['the week before it did not', '2026-03-27T07:00Z', office, 'closed 2026-03-27T08:00'],
    ['winter begins an hour later by UTC', '2026-10-26T07:30Z', office, 'closed 2026-10-26T08:00'],
    [
      'hours that the clock skips do not open that day',
      '2026-03-29T00:45Z',
      'Sun 02:15-02:45 Europe/Berlin',
      'closed 2026-04-05T00:15',
    ],
    [
      'hours that begin in what it skips open when it is over',
      '2026-03-29T00:45Z',
      'Sun 02:30-05:00 Europe/Berlin',
      'closed 2026-03-29T01:00',
    ],
    ['hours over what it skips are an hour shorter', '2026-03-29T01:30Z', 'Sun 01:00-04:00 Europe/Berlin', 'open'],
    ['hours that it shows twice are open twice: first', '2026-10-25T00:20Z', 'Sun 02:15-02:45 Europe/Berlin', 'open'],
    ['and are closed in between', '2026-10-25T00:50Z', 'Sun 02:15-02:45 Europe/Berlin', 'closed 2026-10-25T01:15'],
    ['and open again', '2026-10-25T01:20Z', 'Sun 02:15-02:45 Europe/Berlin', 'open'],
    [
      'hours that it is set back into open then',
      '2026-10-25T00:45Z',
      'Sun 01:00-02:30 Europe/Berlin',
      'closed 2026-10-25T01:00',
    ],
    ['a night in which the clock is set forward', '2026-03-29T03:30Z', night, 'open'],
    ['and which ends by the clock', '2026-03-29T04:00Z', night, 'closed 2026-04-04T20:00'],
    ['a zone that is half an hour off', '2026-12-01T03:30Z', 'Tue 09:00-17:00 Asia/Kolkata', 'open'],
    [
      'a zone whose clock is set by half an hour',
      '2026-10-03T15:15Z',
      'Sun 02:00-03:00 Australia/Lord_Howe',
      'closed 2026-10-03T15:30',
    ],
  ])('by a clock on a wall: %s', (_, time, window, told) => {
    expect(at(time, [window])).toBe(told);
  });

  it.each([
    ['a day, by its zone', '2026-12-23T23:00Z', ['2026-12-24'], 'frozen 2026-12-24T23:00'],
    ['the moment before', '2026-12-23T22:59Z', ['2026-12-24'], 'open'],
    ['the last day of a range', '2027-01-02T20:00Z', ['2026-12-20..2027-01-02'], 'frozen 2027-01-02T23:00'],
    ['every year, over its end', '2030-12-31T12:00Z', ['12-20..01-06'], 'frozen 2031-01-06T23:00'],
    ['every year, at its beginning', '2031-01-03T12:00Z', ['12-20..01-06'], 'frozen 2031-01-06T23:00'],
    ['one that follows another', '2026-12-24T12:00Z', ['2026-12-24', '12-25..12-26'], 'frozen 2026-12-26T23:00'],
    ['a leap day that the year lacks', '2027-02-28T12:00Z', ['02-28..02-29'], 'frozen 2027-02-28T23:00'],
    ['another zone', '2026-12-24T06:00Z', ['2026-12-24 America/Los_Angeles'], 'open'],
  ] as const)('a freeze is %s', (_, time, freezes, told) => {
    expect(at(time, [], freezes)).toBe(told);
  });

  it('opens at the first hours that no freeze is on', () => {
    expect(at('2026-12-18T17:00Z', [office], ['2026-12-21..2027-01-03'])).toBe('closed 2027-01-04T08:00');
    expect(at('2026-12-26T12:00Z', ['Sun 20:00-24:00 Europe/Berlin'], ['2026-12-27'])).toBe('closed 2027-01-03T19:00');
    // Frozen until the middle of hours that another zone has open.
    expect(at('2026-12-26T12:00Z', ['Sun,Mon 00:00-24:00 UTC'], ['2026-12-27'])).toBe('closed 2026-12-27T23:00');
  });

  it.each([
    ['Mon-Fri 9:00-17:00 Europe/Berlin', 'hours of one digit'],
    ['Mon-Fri 09:00-17:00', 'no zone'],
    ['Mo-Fr 09:00-17:00 UTC', 'other days'],
    ['Mon-Wed-Fri 09:00-17:00 UTC', 'a range of three'],
    ['Mon 09:00-09:00 UTC', 'no hours'],
    ['Mon 24:00-09:00 UTC', 'a day that has no 24:00 to begin at'],
    ['Mon 09:60-10:00 UTC', 'minutes that there are not'],
    ['Mon 09:00-10:00 Europe/Atlantis', 'a zone that there is not'],
    ['Mon 09:00-10:00 +01:00', 'an offset'],
    [', 09:00-10:00 UTC', 'no day'],
  ])('%s is no window: %s', (text) => {
    expect(parseHours(text)).toHaveProperty('why');
  });

  it.each([
    ['2026-02-30', 'a day that there is not'],
    ['2027-01-02..2026-12-20', 'a range backwards'],
    ['2026-12-20..01-02', 'a range of two forms'],
    ['2026-01-01..2036-01-01', 'ten years'],
    ['Christmas', 'a word'],
    ['2026-12-24 Mars/Olympus', 'a zone that there is not'],
  ])('%s is no freeze: %s', (text) => {
    expect(parseFreeze(text, 'UTC')).toHaveProperty('why');
  });
});
