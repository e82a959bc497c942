import { connection } from './connection.ts'
import { testTheme } from './testing.ts'

testTheme(connection)
