import type { Table } from './compat-page.mjs';
export const compatTables: readonly Table[];
