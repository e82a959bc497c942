/* A certificate and its key, as files that are read when the server starts, and anew on demand. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { err, ok, type Millis, type Result } from '@quire/shared'

/** Where a certificate with its chain and its private key are, as PEM. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** What a server shows, and proves that it is its own. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
  /** When it ends, as it says so. */
  readonly validTo: string
  /** Why it is none at this time, of which it says when it begins and ends; null: it is one. */
  problemAt(now: Millis): string | null
}

/** What is wrong with which of the two files. */
export interface CertificateProblem {
  readonly of: keyof CertificateFiles
  readonly message: string
}

/** Reads a certificate and its key, and makes sure that they are a pair which can be used. */
export const readCertificate = (
  files: CertificateFiles,
): Result<Certificate, CertificateProblem> => {
  const cert = readPem('cert', files.cert, (pem) => new X509Certificate(pem))
  if (!cert.ok) return cert
  const key = readPem('key', files.key, privateKeyIn)
  if (!key.ok) return key
  if (!cert.value.read.checkPrivateKey(key.value.read))
    return problem('key', `${files.key} is not the key of the certificate in ${files.cert}`)
  const pair = { cert: cert.value.pem, key: key.value.pem }
  try {
    createSecureContext(pair)
  } catch (error) {
    return problem('cert', `${files.cert} cannot be used: ${(error as Error).message}`) // OpenSSL's
  }
  const { validFrom, validTo, validFromDate, validToDate } = cert.value.read
  const problemAt = (now: Millis): string | null =>
    now >= validFromDate.getTime() && now <= validToDate.getTime()
      ? null
      : `${files.cert} is valid from ${validFrom} to ${validTo}, and not now`
  return ok({ ...pair, validTo, problemAt })
}

const problem = (of: keyof CertificateFiles, message: string) => err({ of, message })

const KIND = { cert: 'certificate', key: 'private key without a passphrase' }

const readPem = <T>(
  of: keyof CertificateFiles,
  path: string,
  parse: (pem: Buffer) => T,
): Result<{ readonly pem: Buffer; readonly read: T }, CertificateProblem> => {
  if (path.includes('-----BEGIN'))
    return problem(of, `must be the path of a file, and is the ${KIND[of]} itself`)
  let pem: Buffer
  try {
    pem = readFileSync(path)
  } catch (error) {
    return problem(of, `${path} cannot be read: ${(error as Error).message}`) // Node's
  }
  try {
    return ok({ pem, read: parse(pem) })
  } catch {
    return problem(of, `${path} holds no ${KIND[of]}, as PEM`) // nothing of it is told
  }
}

const privateKeyIn = (pem: Buffer): KeyObject => createPrivateKey({ key: pem, format: 'pem' })
