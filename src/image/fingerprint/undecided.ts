/** What decides the image can't be told beforehand. The message is the reason, as the middle of a sentence. */
export class Undecided extends Error {
  override readonly name = 'Undecided';
}
