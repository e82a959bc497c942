import { saved } from './saved.ts'
import { testTheme } from './testing.ts'

testTheme(saved)
