export const configRepoErrors = {} as const;
