import type { MeasuringEvent, Observe, QuireEvent } from '../ports/observe.ts'

/** Tells several; what is measured of every change those alone who want it. */
export const all = (...sinks: readonly Observe[]): Observe => {
  const measuring = sinks.filter(({ measures }) => measures === true)
  return {
    measures: measuring.length > 0,
    event(event) {
      for (const sink of isMeasuring(event) ? measuring : sinks) sink.event(event)
    },
  }
}

const MEASURING: ReadonlySet<string> = new Set<MeasuringEvent['kind']>([
  'update-accepted',
  'relayed',
  'committed',
  'acknowledged',
])

/** True for what happens with every change. */
const isMeasuring = (event: QuireEvent): event is MeasuringEvent => MEASURING.has(event.kind)
