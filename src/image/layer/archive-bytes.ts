/** The archive breaks off or breaks the format. */
export class BrokenArchive extends Error {
  override readonly name = 'BrokenArchive';
}

/** Takes an entry's content as it comes. */
export type ContentSink = (chunk: Uint8Array) => void;

/** A stream of chunks, taken in the pieces that the format asks for. Throws BrokenArchive where they end too early. */
export class ArchiveInput {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #open: Uint8Array = new Uint8Array();
  offset = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    while (this.#open.byteLength === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.#open = next.value;
    }
    return true;
  }

  /** Exactly `size` bytes; undefined when the stream is at its end already. */
  async take(size: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let got = 0;
    while (got < size && (await this.#more())) {
      const part = this.#open.subarray(0, size - got);
      parts.push(part);
      got += part.byteLength;
      this.#open = this.#open.subarray(part.byteLength);
    }
    this.offset += got;
    if (got === 0 && size > 0) return undefined;
    if (got < size) throw new BrokenArchive('it breaks off');
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  /** Goes on by `size` bytes, handing them to the sink. */
  async pass(size: number, sink: ContentSink | undefined): Promise<void> {
    for (let left = size; left > 0; ) {
      if (!(await this.#more())) throw new BrokenArchive('it breaks off');
      const part = this.#open.subarray(0, left);
      sink?.(part);
      left -= part.byteLength;
      this.#open = this.#open.subarray(part.byteLength);
      this.offset += part.byteLength;
    }
  }

  /** Goes on by up to `size` bytes; false when the stream ends before. */
  async skip(size: number): Promise<boolean> {
    for (let left = size; left > 0; ) {
      if (!(await this.#more())) return false;
      const part = this.#open.subarray(0, left);
      left -= part.byteLength;
      this.#open = this.#open.subarray(part.byteLength);
      this.offset += part.byteLength;
    }
    return true;
  }

  /** Reads what is left, so that whoever hashes the stream sees all of it. */
  async drain(): Promise<void> {
    this.#open = new Uint8Array();
    while ((await this.#chunks.next()).done !== true);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
