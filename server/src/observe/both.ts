import type { Observe, QuireEvent } from '../ports/observe.ts'

/** Tells two sinks; what is measured of every change only those that want it. */
export const both = (one: Observe, other: Observe): Observe => ({
  measures: one.measures === true || other.measures === true,
  event(event) {
    tell(one, event)
    tell(other, event)
  },
})

const tell = (observe: Observe, event: QuireEvent): void => {
  if (observe.measures === true || !isMeasuring(event)) observe.event(event)
}

const isMeasuring = ({ kind }: QuireEvent): boolean =>
  kind === 'update-accepted' ||
  kind === 'relayed' ||
  kind === 'committed' ||
  kind === 'acknowledged'
