import { sharedSocket } from './shared-socket.ts'
import { testTheme } from './testing.ts'

testTheme(sharedSocket)
