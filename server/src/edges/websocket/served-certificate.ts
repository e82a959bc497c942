import { err, ok, type Result } from '@quire/shared'
import type { Observe } from '../../ports/observe.ts'
import { readCertificate, type CertificateFiles, type CertificateProblem } from './certificate.ts'
import { createTlsDoor, type TlsDoor } from './tls-door.ts'

/** A certificate that a server shows, and that can be read anew while it does. */
export interface ServedCertificate {
  readonly door: TlsDoor
  /**
   * Reads the files again, and shows what they hold to whoever comes from here on; where they cannot be used, what was
   * shown before stays. Either is told as an event. Sockets that are open stay open.
   */
  reload(): Result<void, CertificateProblem>
}

/** Reads a certificate for a server to show. */
export const serveCertificate = (
  files: CertificateFiles,
  { handshakeMs, observe }: { readonly handshakeMs: number; readonly observe: Observe },
): Result<ServedCertificate, CertificateProblem> => {
  const first = readCertificate(files)
  if (!first.ok) return first
  const door = createTlsDoor(first.value, { handshakeMs })
  return ok({
    door,
    reload: () => {
      const next = readCertificate(files)
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
