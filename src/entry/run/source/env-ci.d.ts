/** What we take of env-ci, which has no types of its own. Which of it there is, is each CI's own matter. */
declare module 'env-ci' {
  function envCi(options: { readonly env: Readonly<Record<string, string | undefined>> }): {
    /** Undefined where no CI is known by its variables. */
    readonly service?: string;
    readonly commit?: string;
    /** Of a pull request the branch that it would be merged into; a whole ref on some. */
    readonly branch?: string;
    readonly tag?: string;
    readonly pr?: string | number;
    readonly buildUrl?: string;
    readonly jobUrl?: string;
  };

  // biome-ignore lint/style/noDefaultExport: it is the library's.
  export { envCi as default };
}
