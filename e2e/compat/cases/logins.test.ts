import { logins } from './logins.ts'
import { testTheme } from './testing.ts'

testTheme(logins)
