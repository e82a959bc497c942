import { Hono } from 'hono'
import type { HeldMemory } from '../runtime/documents.ts'
import type { PartFacts } from '../runtime/health-watch.ts'
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
 * `parts` says of each part whether it is well, or since when and why not; keys of logins that cannot be read make a server
 * no less ready, as those that are known go on being good.
 */
export const healthRoutes = (source: HealthSource, parts: () => readonly PartFacts[]): Hono => {
  const routes = new Hono()
  routes.get('/live', (c) => c.json({ status: 'live' }))
  routes.get('/ready', (c) => {
    c.header('Cache-Control', 'no-store')
    const figures = {
      ...source.figures(),
      ...source.memory(),
      parts: parts().map(partJson),
    }
    const reason = notReady(source)
    return reason === null
      ? c.json({ status: 'ready', ...figures })
      : c.json({ status: 'not ready', reason, ...figures }, 503)
  })
  return routes
}

const partJson = (facts: PartFacts) =>
  facts.status === 'well' ? facts : { ...facts, since: new Date(facts.since).toISOString() }

/** Why the server takes no clients, opens no documents or saves nothing at this moment, or null. */
export const notReady = (source: HealthSource): string | null =>
  reasonNotReady(source.isDraining, source.figures()) ?? source.refusing()

const reasonNotReady = (isDraining: boolean, figures: Figures): string | null =>
  isDraining ? 'the server is stopping' : (writeProblem(figures) ?? openProblem(figures))

/** Why not everything that is accepted gets to disk, or null. */
export const writeProblem = ({ failing }: Pick<Figures, 'failing'>): string | null => {
  if (failing > 0)
    return `writes of ${failing} ${failing === 1 ? 'document' : 'documents'} fail; they are kept in memory and retried`
  return null
}

/** Why not every document opens, or null. */
export const openProblem = ({ unopened }: Pick<Figures, 'unopened'>): string | null => {
  if (unopened > 0)
    return `${unopened} ${unopened === 1 ? 'document' : 'documents'} could not be opened; whoever wants in is told to come back`
  return null
}
