/** Put in by the build; absent where the sources run as they are. */
declare const __TAGBOAT_VERSION__: string | undefined;

export const version = typeof __TAGBOAT_VERSION__ === 'string' ? __TAGBOAT_VERSION__ : '0.0.0-source';

/** The release line that workflows and editors are given: a tag of the Action's repository that moves with its releases. */
const releases = 'v1';

/** What a workflow calls. */
export const actionReference = `tagboat/tagboat@${releases}`;

/** The first line of a tagboat.yaml, by which editors check and complete it. */
export const schemaLine = `# yaml-language-server: $schema=https://raw.githubusercontent.com/tagboat/tagboat/${releases}/tagboat.schema.json\n`;
