import { Composer, type CST, type Document, Lexer, type ParsedNode, Parser } from 'yaml';

export type YamlDocument = Document.Parsed<ParsedNode>;

interface YamlLimits {
  /** Levels of nesting. */
  readonly depth: number;
  readonly documents: number;
}

/**
 * A text as YAML documents with the source range of every node; undefined beyond the limits. Syntax errors are in each
 * document's `errors`; duplicate keys are not looked for, and no alias is followed. Takes linear time.
 */
export function parseYaml(text: string, limits: YamlLimits): readonly YamlDocument[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let documents = 0;
  const keep = (token: CST.Token): void => {
    tokens.push(token);
    // What stands where no document can be comes as an error token of its own, any number of times.
    if (token.type === 'document') documents++;
  };
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) keep(token);
    // The parser's own stack is the depth; composing, which recurses, comes only after this.
    if (parser.stack.length > limits.depth || documents > limits.documents) return undefined;
  }
  for (const token of parser.end()) keep(token);
  if (documents > limits.documents) return undefined;
  // Left on, the check for unique keys compares every key with every other.
  // Its warnings go straight to standard error, with words of the file that may be a secret.
  const quiet = { prettyErrors: false, logLevel: 'error' } as const;
  const composer = new Composer<ParsedNode>({ uniqueKeys: false, keepSourceTokens: true, ...quiet });
  return [...composer.compose(tokens, true, text.length)];
}
