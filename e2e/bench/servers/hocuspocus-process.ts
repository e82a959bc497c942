/* Hocuspocus with its SQLite extension on a file, everything else as it comes. Arguments: file, port. */
import { SQLite } from '@hocuspocus/extension-sqlite'
import { Server } from '@hocuspocus/server'

const [file = '', port = '0'] = process.argv.slice(2)
const server = new Server({
  port: Number(port),
  address: '127.0.0.1',
  quiet: true,
  extensions: [new SQLite({ database: file })],
})
await server.listen()
process.stdout.write(`listening on ${server.address.port}\n`)
