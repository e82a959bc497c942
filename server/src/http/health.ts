import { Hono } from 'hono'
import type { HeldMemory } from '../runtime/documents.ts'
import type { Figures } from '../runtime/rooms.ts'

/** What health is read from. */
export interface HealthSource {
  readonly isDraining: boolean
  figures(): Figures
  memory(): HeldMemory
  /** Why newcomers or changes are refused at this moment whoever they are from, or null. */
  refusing(): string | null
}

/**
 * `/health/live`: the process answers. `/health/ready`: it takes clients, its documents open and its disk takes writes;
 * 503 otherwise, with the reason. A server that is full is not ready, so that a balancer sends newcomers
 * elsewhere; whoever is in stays in. What one address alone may not have makes nobody unready.
 */
export const healthRoutes = (source: HealthSource): Hono => {
  const routes = new Hono()
  routes.get('/live', (c) => c.json({ status: 'live' }))
  routes.get('/ready', (c) => {
    c.header('Cache-Control', 'no-store')
    const figures = { ...source.figures(), ...source.memory() }
    const reason = notReady(source)
    return reason === null
      ? c.json({ status: 'ready', ...figures })
      : c.json({ status: 'not ready', reason, ...figures }, 503)
  })
  return routes
}

/** Why the server takes no clients, opens no documents or saves nothing at this moment, or null. */
export const notReady = (source: HealthSource): string | null =>
  reasonNotReady(source.isDraining, source.figures()) ?? source.refusing()

const reasonNotReady = (isDraining: boolean, { failing, unopened }: Figures): string | null => {
  if (isDraining) return 'the server is stopping'
  if (failing > 0)
    return `writes of ${failing} ${failing === 1 ? 'document' : 'documents'} fail; they are kept in memory and retried`
  if (unopened > 0)
    return `${unopened} ${unopened === 1 ? 'document' : 'documents'} could not be opened; whoever wants in is told to come back`
  return null
}
