/*
 * Hocuspocus with its SQLite extension on a file, and with the logins of these tests if it is told so.
 * Arguments: file, port, `login` or nothing.
 */
import { SQLite } from '@hocuspocus/extension-sqlite'
import { Server } from '@hocuspocus/server'
import { accessOf } from './login.ts'

const [file = '', port = '0', login = ''] = process.argv.slice(2)
const server = new Server({
  port: Number(port),
  address: '127.0.0.1',
  quiet: true,
  extensions: [new SQLite({ database: file })],
  ...(login === 'login' && {
    onAuthenticate: async ({ token, documentName, connectionConfig }) => {
      const access = accessOf(token, documentName)
      if (access === null) throw new Error('denied')
      connectionConfig.readOnly = access !== 'write'
    },
  }),
})
await server.listen()
process.stdout.write(`listening on ${server.address.port}\n`)
