import { peers } from './peers.ts'
import { testTheme } from './testing.ts'

testTheme(peers)
