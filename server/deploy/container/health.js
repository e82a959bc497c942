/*
 * The health check of the container: `node health.js [PATH]` asks the server of this container for a path,
 * /health/ready where none is given, and exits 0 if the answer is 200. It reads the same variables as the server.
 */
import { request as http } from 'node:http'
import { request as https } from 'node:https'

/** Less than the container's own time for a check, so that the reason is told. */
const TIMEOUT_MS = 4_000

const { QUIRE_HOST = '127.0.0.1', QUIRE_PORT = '4400', QUIRE_TLS_CERT = '' } = process.env
const everywhere = { '0.0.0.0': '127.0.0.1', '::': '::1', '[::]': '::1' }
const options = {
  host: everywhere[QUIRE_HOST] ?? QUIRE_HOST.replaceAll(/[[\]]/g, ''),
  port: QUIRE_PORT,
  path: process.argv[2] ?? '/health/ready',
  timeout: TIMEOUT_MS,
  rejectUnauthorized: false, // the name on the certificate is not this container's
}

const fail = (reason) => {
  process.stdout.write(`${reason}\n`)
  process.exit(1)
}

const asked = (QUIRE_TLS_CERT === '' ? http : https)(options, (response) => {
  let body = ''
  response.setEncoding('utf8')
  response.on('data', (text) => (body += text))
  response.on('end', () => {
    if (response.statusCode !== 200) fail(`${response.statusCode} ${body}`)
    process.stdout.write(`${body}\n`)
    process.exit(0)
  })
})
asked.on('timeout', () => fail(`no answer within ${TIMEOUT_MS} ms`))
asked.on('error', (error) => fail(error.message))
asked.end()
