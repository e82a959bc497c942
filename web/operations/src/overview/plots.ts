import { field, perSecond } from '../ui/plot.tsx'
import type { Line } from '../ui/plot.tsx'
import { bytesText, countText, durationText, shareText } from '../units.ts'

/** A plot of the overview. */
export interface PlotOptions {
  readonly title: string
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
}

const line = (label: string, colour: Line['colour'], of: Line['of']): Line => ({
  label,
  colour,
  of,
})

/** The plots, in the order in which they are looked at when something is wrong. */
export const plots: readonly PlotOptions[] = [
  {
    title: 'Changes per second',
    lines: [
      line('Updates', 'one', perSecond('updates')),
      line('Commits', 'three', perSecond('commits')),
    ],
    format: countText,
  },
  {
    title: 'Latency',
    lines: [
      line('Saved p99', 'two', field('ackP99')),
      line('Saved p50', 'one', field('ackP50')),
      line('Commit p99', 'three', field('commitP99')),
      line('Relay p99', 'four', field('relayP99')),
    ],
    format: durationText,
  },
  {
    title: 'Received per second',
    lines: [line('Bytes', 'one', perSecond('bytes'))],
    format: bytesText,
  },
  {
    title: 'Unsaved and waiting',
    lines: [
      line('Unsaved', 'two', field('unsavedBytes')),
      line('Waits for opening', 'four', field('queuedBytes')),
    ],
    format: bytesText,
  },
  {
    title: 'Sessions and open documents',
    lines: [
      line('Sessions', 'one', field('sessions')),
      line('Documents', 'five', field('documents')),
    ],
    format: countText,
  },
  {
    title: 'Memory of the process',
    lines: [line('Resident', 'one', field('rssBytes')), line('Heap', 'three', field('heapBytes'))],
    format: bytesText,
  },
  {
    title: 'Event loop late by',
    lines: [line('Longest', 'two', field('loopMax')), line('p99', 'one', field('loopP99'))],
    format: durationText,
  },
  {
    title: 'CPU, of one core',
    lines: [line('Process', 'one', field('cpu'))],
    format: shareText,
  },
]
