import { garbage } from './garbage.ts'
import { testTheme } from './testing.ts'

testTheme(garbage)
