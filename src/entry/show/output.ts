/** A standard stream that is written to without ever failing the program. */
export interface Output {
  readonly write: (text: string) => void;
  /** Resolves when all that was written has left the process, or can't any more. */
  readonly flush: () => Promise<void>;
  /** Why text was lost, if it was. A reader that went away (`| head`) is no loss: it wanted no more. */
  readonly lost: () => Error | undefined;
}

export function guardedOutput(stream: NodeJS.WritableStream): Output {
  let closed = false;
  let lost: Error | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    closed = true;
    if (error.code !== 'EPIPE') lost ??= error;
  });
  return {
    write: (text) => {
      if (!closed) stream.write(text);
    },
    flush: () =>
      new Promise((resolve) => {
        if (closed) resolve();
        else stream.write('', () => resolve());
      }),
    lost: () => lost,
  };
}
