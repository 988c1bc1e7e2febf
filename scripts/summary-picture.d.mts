export function summaryPicture(markdown: string): string;
