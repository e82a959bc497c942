import { names } from './names.ts'
import { testTheme } from './testing.ts'

testTheme(names)
