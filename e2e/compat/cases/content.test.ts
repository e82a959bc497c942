import { content } from './content.ts'
import { testTheme } from './testing.ts'

testTheme(content)
