// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles expand these, not this program.
import { type Case, on, tree } from './case.ts';
import { archiveCases } from './cases-archive.ts';
import { chmodCases } from './cases-chmod.ts';
import { configCases } from './cases-config.ts';
import { contextCases } from './cases-context.ts';
import { copyCases } from './cases-copy.ts';
import { languageCases } from './cases-language.ts';
import { stageCases } from './cases-stage.ts';

const plainCases: readonly Case[] = [
  on('a file to a file', 'FROM scratch\nCOPY a /x\n'),
  on('a file to a folder', 'FROM scratch\nCOPY a /x/\n'),
  on('an executable', 'FROM scratch\nCOPY b /bin/b\n'),
  on('several files to a folder', 'FROM scratch\nCOPY a b /x/\n'),
  on("a folder's content", 'FROM scratch\nCOPY dir /x\n'),
  on("a folder's content to a folder", 'FROM scratch\nCOPY dir/ /x/\n'),
  on('a folder and a file', 'FROM scratch\nCOPY dir a /x/\n'),
  on('the whole context', 'FROM scratch\nCOPY . /\n'),
  on('a glob', 'FROM scratch\nCOPY dir/*.txt /x/\n'),
  on('a glob with a question mark', 'FROM scratch\nCOPY dir/one.t?t /x/\n'),
  on('a glob with a class', 'FROM scratch\nCOPY [ab] /x/\n'),
  on('a link inside a folder', 'FROM scratch\nCOPY d /x/\n', { 'd/f': 'f', 'd/l': { link: 'f' } }),
  on('a link that leads nowhere', 'FROM scratch\nCOPY d /x/\n', { 'd/l': { link: '/no/where' } }),
  on('JSON form', 'FROM scratch\nCOPY ["a", "/with space/"]\n'),
  on('chown by number', 'FROM scratch\nCOPY --chown=12:34 dir /x/\n'),
  on('chown by number without a group', 'FROM scratch\nCOPY --chown=12 a /x/\n'),
  on('chown by name', 'FROM BASE\nCOPY --chown=app:staff dir /x/\n'),
  on('chown by a name alone', 'FROM BASE\nCOPY --chown=app a /x/\n'),
  on('a workdir is made', 'FROM scratch\nWORKDIR /srv/app\n'),
  on('relative workdirs', 'FROM scratch\nWORKDIR /srv\nWORKDIR app\nCOPY a .\n'),
  on('a copy relative to the workdir', 'FROM scratch\nWORKDIR /srv\nCOPY a b sub/\n'),
  on('a workdir of a user', 'FROM BASE\nUSER app\nWORKDIR /home/new\nCOPY a .\n'),
  on('ENV and its expansion', 'FROM scratch\nENV A=x B="y z"\nENV C=$A-${B}\nCOPY a /$A/\n'),
  on('ENV in the old form', 'FROM scratch\nENV A some words here\nCOPY a /x\n'),
  on('ARG with a default', 'FROM scratch\nARG D=x\nCOPY a /$D/\n'),
  on('ARG given', 'FROM scratch\nARG D=x\nCOPY a /$D/\n', tree, { args: { D: 'given' } }),
  on('ARG before FROM', 'ARG D=x\nFROM scratch\nARG D\nCOPY a /$D/\n'),
  on('defaults and alternatives', 'FROM scratch\nARG D\nCOPY a /${D:-none}/${D:+some}x\n'),
  on('labels', 'FROM scratch\nLABEL a=b "c d"="e f"\nLABEL g="h\\"i"\nCOPY a /\n'),
  on('ports', 'FROM scratch\nEXPOSE 80 443/tcp 53/udp\nCOPY a /\n'),
  on('a command and an entrypoint', 'FROM scratch\nCOPY a /\nENTRYPOINT ["/a"]\nCMD ["x", "y"]\n'),
  on('an entrypoint takes the base command away', 'FROM BASE\nCOPY a /\nENTRYPOINT ["/a"]\n'),
  on('a command in shell form', 'FROM BASE\nCOPY a /\nCMD echo "$HOME" && true\n'),
  on('another shell', 'FROM BASE\nSHELL ["/bin/x", "-c"]\nCMD do it\nCOPY a /\n'),
  on('a user', 'FROM BASE\nCOPY a /\nUSER app:staff\n'),
  on('volumes', 'FROM scratch\nVOLUME /data ["/x"]\nCOPY a /\n'),
  on('volumes as JSON', 'FROM scratch\nVOLUME ["/data", "/more"]\nCOPY a /\n'),
  on('a stop signal', 'FROM scratch\nSTOPSIGNAL SIGQUIT\nCOPY a /\n'),
  on('a health check', 'FROM scratch\nHEALTHCHECK --interval=5s --retries=2 CMD ["/a"]\nCOPY a /\n'),
  on('no health check', 'FROM scratch\nHEALTHCHECK NONE\nCOPY a /\n'),
  on('two stages', 'FROM scratch AS one\nCOPY dir /out\nFROM scratch\nCOPY --from=one /out/sub /y\n'),
  on('a stage by number', 'FROM scratch\nCOPY a /f\nFROM scratch\nCOPY --from=0 /f /g\n'),
  on('a stage on a stage', 'FROM scratch AS one\nCOPY a /f\nENV A=1\nFROM one\nCOPY b /g\n'),
  on('a target', 'FROM scratch AS one\nCOPY a /f\nFROM scratch AS two\nCOPY b /g\n', tree, { target: 'one' }),
  on('from another image', 'FROM scratch\nCOPY --from=BASE /etc/passwd /p\n'),
  on('an ignored file', 'FROM scratch\nCOPY . /x/\n', { ...tree, '.dockerignore': 'dir/sub\n*.md\n' }),
  on('an ignore with exceptions', 'FROM scratch\nCOPY . /x/\n', { ...tree, '.dockerignore': '**\n!dir/sub\n' }),
  on('comments and continuations', '# syntax\nFROM scratch\nCOPY a \\\n# between\n  b /x/\n'),
  on('another escape', '# escape=`\nFROM scratch\nCOPY a `\n b /x/\n'),
  on('over a file of the base', 'FROM BASE\nCOPY a /etc/motd\n'),
  on('into a folder of the base', 'FROM BASE\nCOPY dir /etc/\n'),
  on('twice over the same place', 'FROM scratch\nCOPY a /f\nCOPY b /f\n'),
  on('ADD of a file', 'FROM scratch\nADD a /x/\n'),
];

/** Every Dockerfile that assemble is held to a builder's answer with. */
export const cases: readonly Case[] = [
  ...plainCases,
  ...copyCases,
  ...chmodCases,
  ...stageCases,
  ...contextCases,
  ...configCases,
  ...languageCases,
  ...archiveCases,
];
