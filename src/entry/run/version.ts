/** Put in by the build; absent where the sources run as they are. */
declare const __TAGBOAT_VERSION__: string | undefined;

export const version = typeof __TAGBOAT_VERSION__ === 'string' ? __TAGBOAT_VERSION__ : '0.0.0-source';
