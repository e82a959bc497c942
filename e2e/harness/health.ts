import type { ServerProcess } from './server-process.ts'

/** What an operator's health check sees. */
export interface Readiness {
  readonly status: number
  /** Why it is not ready, undefined where it is. */
  readonly reason: unknown
}

/** Asks a server whether it is ready. */
export const readiness = async (on: ServerProcess): Promise<Readiness> => {
  const response = await fetch(`${on.url}/health/ready`)
  const body = (await response.json()) as { reason?: unknown } // health.ts answers with JSON
  return { status: response.status, reason: body.reason }
}

/** True where it is. */
export const isReady = async (on: ServerProcess): Promise<boolean> =>
  (await readiness(on)).status === 200
