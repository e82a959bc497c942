import { presence } from './presence.ts'
import { testTheme } from './testing.ts'

testTheme(presence)
