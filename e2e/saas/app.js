// A program with a login of its own, in which people write notes together. It writes in them, too.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createQuire, jwtAuth, sqliteStorage } from '@quire/server'
import { createApiClient } from '@quire/server/client'
import express from 'express'
import { SignJWT } from 'jose'
import * as Y from 'yjs'

const secret = process.env['APP_SECRET'] ?? '' // at least 32 bytes
const port = Number(process.env['PORT'] ?? 4400)
const url = `http://127.0.0.1:${port}/collab`

const quire = createQuire({
  storage: await sqliteStorage({ dataDir: './documents' }),
  authorize: jwtAuth({ secret }),
  basePath: '/collab',
})

/** A token that says who somebody is and what it may open. One without a subject is the program's own. */
const tokenFor = (docs, user) => {
  const jwt = new SignJWT({ docs, ...(user && { name: user.name }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('15m')
    .setJti(randomUUID())
  if (user) jwt.setSubject(user.id)
  return jwt.sign(new TextEncoder().encode(secret))
}

// the document API of the same server, asked as the program
const api = createApiClient({ url, token: () => tokenFor([{ name: '*', access: 'write' }]) })

// made at the first start, there at every other
await quire.document('team/notes').create()

// who there is and what everybody may do, and who is logged in: a program has a database for it, this one a file
const file = './program.json'
const known = existsSync(file)
  ? JSON.parse(readFileSync(file, 'utf8'))
  : {
      users: {
        ann: { id: 'ann', name: 'Ann', password: 'a', access: 'write' },
        bob: { id: 'bob', name: 'Bob', password: 'b', access: 'write' },
        cyd: { id: 'cyd', name: 'Cyd', password: 'c', access: 'read' },
      },
      logins: {},
    }
const remember = () => writeFileSync(file, JSON.stringify(known))

const app = express()
app.use((request, response, next) => {
  if (!quire.handle(request, response)) next() // before what reads bodies
})
app.use(express.json())

app.post('/login', (request, response) => {
  const user = known.users[request.body.user]
  if (!user || user.password !== request.body.password) return void response.status(401).end()
  const session = randomUUID()
  known.logins[session] = user.id
  remember()
  response.cookie('session', session, { httpOnly: true, sameSite: 'strict' }).end()
})

// a browser asks for a token whenever its client wants one
app.post('/token', async (request, response) => {
  const [, session] = /session=([\w-]+)/.exec(request.headers.cookie ?? '') ?? []
  const user = known.users[known.logins[session]]
  if (!user) return void response.status(401).end()
  response.json({ token: await tokenFor([{ name: 'team/*', access: user.access }], user) })
})

// the program as one more collaborator, in Yjs …
app.post('/orders', async (request, response) => {
  await quire.document('team/notes').edit(
    (doc) => {
      const paragraph = new Y.XmlElement('paragraph')
      paragraph.insert(0, [new Y.XmlText(`Order ${request.body.number} came in.`)])
      doc.getXmlFragment('default').push([paragraph])
    },
    { author: 'shop' },
  )
  response.status(201).end() // it is on disk
})

// … and by the API, in Markdown
app.post('/digest', async (request, response) => {
  await api.document('team/notes').append('markdown', request.body.markdown, { author: 'digest' })
  response.status(201).end()
})

// somebody may only read from now on: the program's own word, and that of the tokens which are out there
app.post('/lower', async (request, response) => {
  const user = known.users[request.body.user]
  if (!user) return void response.status(404).end()
  user.access = 'read'
  remember()
  const { sessions } = await api.revoke({ user: user.id, document: 'team/*', access: 'read' })
  response.json({ sessions })
})

const server = createServer(app)
server.on('upgrade', (request, socket, head) => {
  if (!quire.upgrade(request, socket, head)) socket.destroy()
})
server.listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`))

process.on('SIGTERM', () => {
  server.close()
  void quire.close().then(() => process.exit(0))
})
