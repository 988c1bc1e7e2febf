import { Composer, type Document, Lexer, type ParsedNode, Parser } from 'yaml';

export type YamlDocument = Document.Parsed<ParsedNode>;

export interface YamlLimits {
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
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    // The parser's own stack is the depth; composing, which recurses, comes only after this. A document has up to four
    // tokens of its own.
    if (parser.stack.length > limits.depth || tokens.length > limits.documents * 4) return undefined;
  }
  for (const token of parser.end()) tokens.push(token);
  // Left on, the check for unique keys compares every key with every other.
  const composer = new Composer<ParsedNode>({ uniqueKeys: false, keepSourceTokens: true, prettyErrors: false });
  return [...composer.compose(tokens, true, text.length)];
}
