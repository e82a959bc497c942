/* How a server is asked that has no room now. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { serverClient, serverError } from './server-client.ts'

const listening = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // of a port, not a pipe
}

const never = new AbortController().signal

it('comes back when the server says so, with the same body', async () => {
  const bodies: string[] = []
  const url = await listening((request, response) => {
    let body = ''
    request.on('data', (text: Buffer) => (body += text.toString()))
    request.on('end', () => {
      bodies.push(body)
      if (bodies.length < 3) response.writeHead(429, { 'Retry-After': '0' }).end()
      else response.writeHead(201, { 'Content-Type': 'application/json' }).end('{"name":"a"}')
    })
  })
  expect(await serverClient({ url, token: null }, never).create('a')).toEqual({ name: 'a' })
  expect(bodies).toEqual(['{"name":"a"}', '{"name":"a"}', '{"name":"a"}'])
})

it('does not come back for ever, nor after it was told to stop', async () => {
  let asked = 0
  const url = await listening((_, response) => {
    asked++
    response.writeHead(503, { 'Retry-After': asked < 100 ? '0' : '60' }).end()
  })
  await expect(serverClient({ url, token: null }, never).list()).rejects.toThrow('503')
  expect(asked).toBe(20)
  asked = 100
  const controller = new AbortController()
  const waiting = serverClient({ url, token: null }, controller.signal).list()
  controller.abort(new Error('interrupted by SIGINT'))
  await expect(waiting).rejects.toThrow('SIGINT')
})

it('says which server it was, and never the token', async () => {
  const url = await listening((_, response) => void response.writeHead(403).end())
  const asked = serverClient({ url, token: 'secret-token' }, never).list()
  const said = await asked.then(String, (thrown: unknown) => serverError(url, thrown).message)
  expect(said).toContain(`the server at ${url}: status 403 (status 403); the token is read from`)
  expect(said).not.toContain('secret-token')
})
