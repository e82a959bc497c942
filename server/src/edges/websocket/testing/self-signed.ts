/* A certificate for this machine that is signed with its own key (X.509 v3, RFC 5280), written in DER by hand. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { CertificateFiles } from '../certificate.ts'

const tagged = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const { length } = body
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts)
const octets = (part: Uint8Array): Buffer => tagged(0x04, part)
const bits = (part: Uint8Array): Buffer => tagged(0x03, Buffer.of(0), part)
const oid = (...bytes: readonly number[]): Buffer => tagged(0x06, Buffer.from(bytes))
const utcTime = (at: Date): Buffer =>
  tagged(0x17, Buffer.from(`${at.toISOString().replaceAll(/[-T:]/g, '').slice(2, 14)}Z`))

const ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
const COMMON_NAME = oid(0x55, 0x04, 0x03)
const BASIC_CONSTRAINTS = oid(0x55, 0x1d, 0x13)
const ALTERNATIVE_NAMES = oid(0x55, 0x1d, 0x11)
const DAY_MS = 86_400_000

/** A certificate with its key, as PEM, for `localhost` and 127.0.0.1; valid for a day around a time. */
export const selfSigned = (name: string, now = Date.now()): CertificateFiles => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = sequence(
    tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(name)))), // a set of one
  )
  const isAuthority = sequence(tagged(0x01, Buffer.of(0xff)))
  const names = sequence(
    tagged(0x82, Buffer.from('localhost')),
    tagged(0x87, Buffer.of(127, 0, 0, 1)),
  )
  const certified = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))), // version 3
    tagged(0x02, Buffer.of(1), randomBytes(15)),
    ECDSA_SHA256,
    subject,
    sequence(utcTime(new Date(now - DAY_MS)), utcTime(new Date(now + DAY_MS))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(
      0xa3,
      sequence(
        sequence(BASIC_CONSTRAINTS, octets(isAuthority)),
        sequence(ALTERNATIVE_NAMES, octets(names)),
      ),
    ),
  )
  const der = sequence(certified, ECDSA_SHA256, bits(sign('sha256', certified, privateKey)))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** The files of a certificate, until the test is over. */
export const certificateFiles = () => {
  const dir = mkdtempSync(join(tmpdir(), 'quire-tls-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const files: CertificateFiles = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') }
  return {
    files,
    write: ({ cert, key }: Partial<CertificateFiles>): void => {
      if (cert !== undefined) writeFileSync(files.cert, cert)
      if (key !== undefined) writeFileSync(files.key, key)
    },
  }
}
