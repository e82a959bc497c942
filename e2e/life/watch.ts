/* What Prometheus would have of a day: figures of a server, scraped all the while, over its restarts. */
import { onTestFinished } from 'vitest'
import { scrape, type Scraped } from '../harness/scrape.ts'
import { until } from '../harness/until.ts'

/** Between two scrapes. */
const PACE_MS = 200

/** The figures of a moment, and which life of the server they are of. */
export interface Sample {
  readonly figures: Scraped
  /** When the process started, seconds since 1970. */
  readonly life: number
}

/** The graphs of a server. */
export interface Watch {
  /** All samples in order; those that a server did not give, as it was not there, are not in it. */
  readonly samples: readonly Sample[]
  /** Scrapes that found nobody. */
  readonly gaps: number
  /** Waits for a sample from now on of which this holds. */
  until(what: string, holds: (figures: Scraped) => boolean, withinMs: number): Promise<Scraped>
  /** The highest of a figure over all samples. */
  highest(name: string, labels?: Readonly<Record<string, string>>): number
  stop(): Promise<void>
}

/** Scrapes a server until it is told to stop, or the test is over. What it answers has to be in the format of Prometheus. */
export const watchDuringTest = (server: { readonly url: string }, token: string): Watch => {
  const samples: Sample[] = []
  let gaps = 0
  let problem: Error | null = null
  const over = new AbortController()
  const watching = (async () => {
    while (!over.signal.aborted) {
      try {
        const figures = await scrape(server, token)
        samples.push({ figures, life: figures.value('process_start_time_seconds') })
      } catch (error) {
        if (error instanceof TypeError) gaps++ // of fetch: nobody answers, or not to the end
        else problem ??= error instanceof Error ? error : new Error(String(error))
      }
      await new Promise((resolve) => setTimeout(resolve, PACE_MS))
    }
  })()
  const stop = async (): Promise<void> => {
    over.abort()
    await watching
    if (problem !== null) throw problem
  }
  onTestFinished(async () => {
    over.abort()
    await watching
  })
  return {
    samples,
    get gaps() {
      return gaps
    },
    async until(what, holds, withinMs) {
      let from = samples.length
      let found: Scraped | null = null
      await until(
        what,
        () => {
          for (; from < samples.length && found === null; from++) {
            const figures = samples[from]?.figures
            if (figures !== undefined && holds(figures)) found = figures
          }
          return found !== null
        },
        withinMs,
      )
      return found as unknown as Scraped // `until` has rejected otherwise
    },
    highest: (name, labels) =>
      samples.reduce((most, { figures }) => Math.max(most, figures.value(name, labels)), 0),
    stop,
  }
}

/** The bound of a histogram's buckets, seconds, that all but one in a hundred of what was observed are within. */
export const p99 = (figures: Scraped, name: string): number => {
  const buckets = figures.buckets(name)
  const all = buckets.at(-1)?.count ?? 0
  return buckets.find(({ count }) => count >= all * 0.99)?.upTo ?? 0
}
