/** What we take of picomatch, which has no types of its own. */
declare module 'picomatch' {
  interface Options {
    readonly nonegate?: boolean;
    readonly maxLength?: number;
  }
  interface Picomatch {
    (glob: string, options?: Options): (text: string) => boolean;
    scan(glob: string): { readonly base: string };
  }
  const picomatch: Picomatch;

  // biome-ignore lint/style/noDefaultExport: it is the library's.
  export { picomatch as default };
}
