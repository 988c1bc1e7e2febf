export const configErrors = {} as const;
