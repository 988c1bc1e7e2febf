/** A text as a part of a RegExp that is found where the text stands. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** A pattern of paths or branches, as workflow files have them: `*` is anything up to a slash, `**` anything at all. */
export function starPattern(text: string): RegExp {
  const parts = text.split(/(\*+)/).map((part) => {
    if (part.startsWith('**')) return '.*';
    return part === '*' ? '[^/]*' : literally(part);
  });
  return new RegExp(`^${parts.join('')}$`, 's');
}
