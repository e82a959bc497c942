import { err, ok, type Result } from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'
import type { Observe } from '../../ports/observe.ts'
import {
  readCertificate,
  type Certificate,
  type CertificateFiles,
  type CertificateProblem,
} from './certificate.ts'
import { createTlsDoor, type TlsDoor } from './tls-door.ts'

/** A certificate that a server shows, and that can be read anew while it does. */
export interface ServedCertificate {
  readonly door: TlsDoor
  /**
   * Reads the files again, and shows what they hold to whoever comes from here on; where they cannot be used, or not
   * at this time, what was shown before stays. Either is told as an event. Sockets that are open stay open.
   */
  reload(): Result<void, CertificateProblem>
}

/** What a certificate is served with. */
export interface ServedOptions {
  readonly clock: Pick<Clock, 'wall'>
  /** Time for a TLS handshake, milliseconds. */
  readonly handshakeMs: number
  readonly observe: Observe
}

/**
 * Reads a certificate for a server to show; one that has ended, or not begun, is shown where there is no other one, and an
 * event says so.
 */
export const serveCertificate = (
  files: CertificateFiles,
  { clock, handshakeMs, observe }: ServedOptions,
): Result<ServedCertificate, CertificateProblem> => {
  const first = readCertificate(files)
  if (!first.ok) return first
  const outdated = first.value.problemAt(clock.wall())
  if (outdated !== null) observe.event({ kind: 'tls-outdated', problem: outdated })
  const door = createTlsDoor(first.value, { handshakeMs })
  return ok({
    door,
    reload: () => {
      const next = readValid(files, clock)
      if (!next.ok) {
        observe.event({ kind: 'tls-reload-failed', problem: next.error.message })
        return err(next.error)
      }
      door.show(next.value)
      observe.event({ kind: 'tls-reloaded', validTo: next.value.validTo })
      return ok(undefined)
    },
  })
}

const readValid = (
  files: CertificateFiles,
  clock: Pick<Clock, 'wall'>,
): Result<Certificate, CertificateProblem> => {
  const read = readCertificate(files)
  const message = read.ok ? read.value.problemAt(clock.wall()) : null
  return message === null ? read : err({ of: 'cert', message })
}
