import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';

/** SQLite's primary result codes that matter here (https://www.sqlite.org/rescode.html). */
export const sqliteCodes = {
  busy: 5,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
};

/** The primary result code of an error that SQLite raised; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const key of ['sqliteCode', 'errcode', 'sqliteExtendedCode']) {
    const code = (error as unknown as Record<string, unknown>)[key];
    if (typeof code === 'number') return code & 0xff;
  }
  return undefined;
}

/** A connection that prepares each statement once. */
export class Sqlite {
  private readonly statements = new Map<string, StatementSyncInstance>();
  private readonly connection: DatabaseSyncInstance;

  constructor(file: string) {
    this.connection = new DatabaseSync(file);
  }

  run(sql: string, ...values: (number | string | Uint8Array | null)[]): { lastInsertRowid: number } {
    const { lastInsertRowid } = this.prepared(sql).run(...values);
    return { lastInsertRowid: Number(lastInsertRowid) };
  }

  get<Row>(sql: string, ...values: (number | string | Uint8Array | null)[]): Row | undefined {
    return this.prepared(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: (number | string | Uint8Array | null)[]): Row[] {
    return this.prepared(sql).all(...values) as Row[];
  }

  /** Statements that are not worth keeping: pragmas and definitions. */
  execute(sql: string): void {
    this.connection.exec(sql);
  }

  /** The tables of a statement are about to go: SQLite cannot drop what a statement still holds. */
  forget(table: string): void {
    for (const sql of this.statements.keys()) if (sql.includes(table)) this.statements.delete(sql);
  }

  close(): void {
    this.statements.clear();
    this.connection.close();
  }

  private prepared(sql: string): StatementSyncInstance {
    let statement = this.statements.get(sql);
    if (!statement) {
      if (this.statements.size > 2_000) this.statements.clear();
      statement = this.connection.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}
