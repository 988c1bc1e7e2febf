// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles expand these, not this program.
import { type Case, failing, newer, on, tree } from './case.ts';

/** How the image runs, and what variables come to. */
export const configCases: readonly Case[] = [
  on('an argument after a variable of its name', 'FROM scratch\nENV A=env\nARG A=arg\nLABEL a=$A\nCOPY a /\n'),
  on('a variable after an argument of its name', 'FROM scratch\nARG A=arg\nENV A=env\nLABEL a=$A\nCOPY a /\n'),
  on(
    "an argument named as the base's variable",
    'FROM BASE\nARG PATH\nLABEL a=$PATH b=${NOPE-unset}\nCOPY a /\n',
    tree,
    newer,
  ),
  on('an argument that is given and not declared', 'FROM scratch\nLABEL a=$A\nCOPY a /\n', tree, { args: { A: '1' } }),
  on('an argument from the one before it', 'FROM scratch\nARG A=1 B=$A\nLABEL a=$B\nCOPY a /\n', tree, newer),
  on('a default of its own before the global one', 'ARG A=g\nFROM scratch\nARG A=s\nLABEL a=$A\nCOPY a /\n'),
  on('a global argument that is given', 'ARG A=g\nFROM scratch\nARG A\nLABEL a=$A\nCOPY a /\n', tree, {
    args: { A: 'x' },
  }),
  on(
    'the platform arguments',
    'FROM scratch\nARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT\nLABEL a=$TARGETPLATFORM b=$TARGETOS c=$TARGETARCH d=$TARGETVARIANT\nCOPY a /\n',
  ),
  on(
    "the target stage's argument",
    'FROM scratch AS one\nARG TARGETSTAGE\nLABEL a=$TARGETSTAGE\nCOPY a /\n',
    tree,
    newer,
  ),
  on('variables in quotes', 'FROM scratch\nENV A="a b" B=\'c $A\' C=a\\ b D="x\\"y" E=\nCOPY a /\n'),
  on(
    'patterns in variables',
    'FROM scratch\nENV V=a.b.c\nLABEL a=${V#*.} b=${V##*.} c=${V%.*} d=${V%%.*} e=${V/./-} f=${V//./-}\nCOPY a /\n',
    tree,
    newer,
  ),
  on(
    'a variable that has to be set',
    'FROM scratch\nLABEL a=${V:?must}\nCOPY a /\n',
    tree,
    failing('DOCKERFILE_INVALID'),
  ),
  on('empty labels', 'FROM scratch\nLABEL a= b=""\nCOPY a /\n'),
  on("over the base's label", 'FROM BASE\nLABEL from=me x=y\nCOPY a /\n'),
  on('labels that JavaScript has names of', 'FROM scratch\nLABEL __proto__=x constructor=y\nCOPY a /\n'),
  on('a range of ports', 'FROM BASE\nEXPOSE 8000-8003/udp 80/TCP\nCOPY a /\n'),
  on('ports from a variable', 'FROM scratch\nARG P="1 2"\nEXPOSE $P 3\nCOPY a /\n'),
  on('a port that is none', 'FROM scratch\nEXPOSE x\nCOPY a /\n', tree, failing('DOCKERFILE_INVALID')),
  on('a port with an address', 'FROM scratch\nEXPOSE 127.0.0.1:8080:80\nCOPY a /\n'),
  on('a port that is too large', 'FROM scratch\nEXPOSE 70000\nCOPY a /\n', tree, failing('DOCKERFILE_INVALID')),
  on('a volume from a variable', 'FROM BASE\nENV V=/v\nVOLUME $V/x "/q"\nCOPY a /\n'),
  on('a signal that is none', 'FROM scratch\nSTOPSIGNAL NOPE\nCOPY a /\n', tree, failing('DOCKERFILE_INVALID')),
  on('a signal from a variable', 'FROM scratch\nARG S=SIGUSR1\nSTOPSIGNAL $S\nCOPY a /\n'),
  on('a real-time signal', 'FROM scratch\nSTOPSIGNAL SIGRTMIN+3\nCOPY a /\n'),
  on(
    'a health check in shell form',
    'FROM scratch\nHEALTHCHECK --interval=1m30s --timeout=500ms --start-period=2s CMD curl x || exit 1\nCOPY a /\n',
  ),
  on(
    'a health check with a start interval',
    'FROM scratch\nHEALTHCHECK --start-interval=1s CMD x\nCOPY a /\n',
    tree,
    newer,
  ),
  on("no health check over the base's", 'FROM BASE\nHEALTHCHECK NONE\nCOPY a /\n'),
  on('a command in shell form without a base', 'FROM scratch\nCMD echo  "a   b"\nCOPY a /\n'),
  on('an empty command', 'FROM BASE\nCMD []\nCOPY a /\n'),
  on('a command that is almost JSON', 'FROM scratch\nCMD ["a", b]\nCOPY a /\n'),
  on('an empty entrypoint', 'FROM BASE\nENTRYPOINT []\nCOPY a /\n'),
  on('an entrypoint after a command', 'FROM BASE\nCMD ["x"]\nENTRYPOINT ["y"]\nCOPY a /\n'),
  on('a maintainer', 'FROM scratch\nMAINTAINER me <x@y>\nCOPY a /\n'),
  on('a user from a variable', 'FROM BASE\nARG U=app\nUSER $U\nCOPY a /\n'),
  on('a platform from a variable', 'FROM --platform=$TARGETPLATFORM scratch\nCOPY a /\n'),
];
