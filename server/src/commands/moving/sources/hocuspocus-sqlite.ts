/*
 * The table of `@hocuspocus/extension-sqlite`: documents(name, data), a row for each document, `data` the whole state as
 * one Yjs update. It is only read; Hocuspocus may run meanwhile, and what it keeps later is not in it.
 */
import Database from 'better-sqlite3'
import { LeftOut, tooLarge, type Source } from '../source.ts'

interface Row {
  readonly id: number
  readonly name: unknown
  readonly type: string
  readonly bytes: number
}

/** Whether a SQLite file has such a table. */
export const isHocuspocus = (db: Database.Database): boolean => {
  const columns = db.prepare(`SELECT name FROM pragma_table_info('documents')`).pluck().all()
  return ['name', 'data'].every((column) => columns.includes(column)) && !columns.includes('epoch')
}

/** Opens a file that `isHocuspocus`. */
export const openHocuspocusSqlite = (file: string): Source => {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 5_000 })
  const total = db.prepare<[], number>('SELECT count(*) FROM documents').pluck().get() ?? 0
  const after = db.prepare<[number], Row>(`
    SELECT rowid AS id, name, typeof(data) AS type, length(CAST(data AS BLOB)) AS bytes
    FROM documents WHERE rowid > ? ORDER BY rowid LIMIT 1`)
  const data = db
    .prepare<[number], Uint8Array>('SELECT data FROM documents WHERE rowid = ?')
    .pluck()
  return {
    total,
    async *documents() {
      // row by row: Hocuspocus is not to wait for a reader that is at it for hours
      for (
        let row = after.get(Number.MIN_SAFE_INTEGER);
        row !== undefined;
        row = after.get(row.id)
      ) {
        const { id, name, type, bytes } = row
        const at = `row ${id}`
        if (typeof name !== 'string')
          yield { kind: 'broken', name: null, at, reason: 'its name is no text' }
        else if (type !== 'blob')
          yield { kind: 'broken', name, at, reason: `its data is ${type}, and no bytes` }
        else
          yield {
            kind: 'document',
            name,
            at,
            bytes,
            async read(limit) {
              if (bytes > limit) throw tooLarge(bytes, limit)
              const update = data.get(id)
              if (update === undefined) throw new LeftOut('it was deleted meanwhile')
              return { kind: 'updates', updates: [new Uint8Array(update)] }
            },
          }
      }
    },
    close: async () => void db.close(),
  }
}
