import { type Case, failing, newer, on, tree } from './case.ts';

/** How a Dockerfile is written. */
export const languageCases: readonly Case[] = [
  on('a heredoc with variables', 'FROM scratch\nENV V=val\nCOPY <<EOF /x\nhello $V "q" \\$V\nEOF\n', tree, newer),
  on('a heredoc in quotes', 'FROM scratch\nENV V=val\nCOPY <<"EOF" /x\nhello $V\nEOF\n', tree, newer),
  on('two heredocs into a folder', 'FROM scratch\nCOPY <<one <<two /d/\n1\none\n2\ntwo\n', tree, newer),
  on('a heredoc without its tabs', 'FROM scratch\nCOPY <<-E /d/\n\t\tx\n\ty\n\tE\n', tree, newer),
  on('a heredoc with a mode and an owner', 'FROM scratch\nCOPY --chmod=755 --chown=1:2 <<E /d/\nx\nE\n', tree, newer),
  on('a heredoc beside a file', 'FROM scratch\nCOPY a <<E /d/\nx\nE\n', tree, newer),
  on('ADD of a heredoc', 'FROM scratch\nADD <<E /d/f\nx\nE\n', tree, newer),
  on('a continuation of nothing', 'FROM scratch\nCOPY \\\n\n  a \\\n  # c\n  /x\n'),
  on('lower case', 'from scratch as s\ncopy a /x\nFrom s\ncopy b /y\n'),
  on('no newline at the end', 'FROM scratch\nCOPY a /x'),
  on('line ends of Windows', 'FROM scratch\r\nCOPY a /x\r\nENV A=b\r\n'),
  on('a byte order mark', '\uFEFFFROM scratch\nCOPY a /x\n'),
  on('several directives', '# check=skip=all\n# escape=`\nFROM scratch\nENV A=`$x\nCOPY a /x\n', tree, newer),
  // The daemon of Docker 20.10 ends itself over Dockerfiles like these.
  on('no instruction', '# nothing\n', tree, { ...newer, ...failing('DOCKERFILE_INVALID') }),
  on('no FROM', 'ARG A=1\n', tree, { ...newer, ...failing('DOCKERFILE_INVALID') }),
  on('an instruction before FROM', 'LABEL a=b\nFROM scratch\n', tree, { ...newer, ...failing('DOCKERFILE_INVALID') }),
];
