const nothing = Buffer.alloc(0);

/** Reads a stream of chunks by exact counts, holding no more than what was asked for and the chunk it came in. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer = nothing;
  #ended = false;
  /** Bytes taken so far. */
  offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** What is held, after reading until it is at least `count` bytes or the source has ended. Nothing is taken. */
  async peek(count: number): Promise<Buffer> {
    if (this.#held.byteLength >= count || this.#ended) return this.#held;
    const parts = [this.#held];
    let size = this.#held.byteLength;
    while (size < count) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        this.#ended = true;
        break;
      }
      const { buffer, byteOffset, byteLength } = next.value;
      parts.push(Buffer.from(buffer, byteOffset, byteLength));
      size += byteLength;
    }
    this.#held = parts.length === 2 && parts[0]?.byteLength === 0 ? (parts[1] ?? nothing) : Buffer.concat(parts, size);
    return this.#held;
  }

  /** Takes the first `count` of the bytes held. */
  take(count: number): Buffer {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    this.offset += taken.byteLength;
    return taken;
  }

  /** Whatever is held, or the next chunk; undefined at the end. */
  async chunk(): Promise<Buffer | undefined> {
    const held = await this.peek(1);
    return held.byteLength === 0 ? undefined : this.take(held.byteLength);
  }

  /** Tells the source that no more will be read. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#chunks.return?.();
  }
}

/** Takes what comes up to an offset, or the end. */
export async function passTo(from: ByteReader, offset: number): Promise<void> {
  while (from.offset <= offset && (await from.chunk()) !== undefined);
}
