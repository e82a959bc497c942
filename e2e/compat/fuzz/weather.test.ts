import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { openLine, type Line } from './weather.ts'

const opened = async (): Promise<{ line: Line; client: Socket; all: Promise<Buffer> }> => {
  let take: (all: Buffer) => void
  const all = new Promise<Buffer>((resolve) => (take = resolve))
  const server = createServer((socket) => void buffer(socket).then(take))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const line = await openLine((server.address() as AddressInfo).port) // TCP: not a pipe
  const client = connect({ port: line.port, host: '127.0.0.1', noDelay: true })
  await new Promise((resolve) => client.once('connect', resolve))
  onTestFinished(async () => {
    client.destroy()
    await line.close()
    server.close()
  })
  return { line, client, all }
}

const said = (client: Socket, text: string): Promise<void> =>
  new Promise((resolve) => client.write(text, () => setImmediate(resolve)))

test('what is said comes in the order in which it was said, however the weather changes', async () => {
  const { line, client, all } = await opened()
  let text = ''
  for (let i = 0; i < 200; i++) {
    const kind = i % 4
    if (kind === 0) line.set({ kind: 'late', ms: 20 - (i % 3) })
    else if (kind === 1) line.set({ kind: 'slow', bytesPerSecond: 2_000 })
    else line.set({ kind: 'fine' })
    text += `${i} `
    await said(client, `${i} `)
  }
  client.end()
  expect((await all).toString()).toBe(text)
})
