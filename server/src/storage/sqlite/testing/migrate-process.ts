import Database from 'better-sqlite3'
import { migrate, migrations } from '../schema.ts'

/*
 * A process for tests to kill: node migrate-process.ts FILE
 *
 * Brings FILE to a schema version beyond the newest one, whose step writes every update anew: it takes a while, within
 * the one transaction of the migration.
 */

const [, , file = ''] = process.argv
const long = Array.from(
  { length: 100 },
  () => 'UPDATE updates SET bytes = randomblob(length(bytes))',
)
migrate(new Database(file), file, [...migrations, long.join(';')])
