/* What a scraper makes of the figures: read by a parser of the format, not by ours. */
import parse from 'parse-prometheus-text-format'

/** One series, of a histogram its buckets. */
export interface Series {
  readonly labels?: Readonly<Record<string, string>>
  readonly value?: string
  readonly buckets?: Readonly<Record<string, string>>
  readonly count?: string
  readonly sum?: string
}

/** A family of series. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly metrics: readonly Series[]
}

/** The figures by name. */
export class Scrape {
  readonly families: ReadonlyMap<string, MetricFamily>

  constructor(text: string) {
    const families = parse(text) as readonly MetricFamily[] // its README says so
    this.families = new Map(families.map((family) => [family.name, family]))
  }

  /** The sum of the series of a name that have these labels; of a histogram how many were observed. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const family = this.families.get(name)
    if (family === undefined) throw new Error(`there is no ${name}`)
    const met = family.metrics.filter((series) =>
      Object.entries(labels).every(([label, value]) => series.labels?.[label] === value),
    )
    return met.reduce((sum, { value, count }) => sum + Number(value ?? count), 0)
  }

  /** What a name in an expression may be: of a histogram also its parts. */
  names(): ReadonlySet<string> {
    return new Set(
      [...this.families.values()].flatMap(({ name, type }) =>
        type === 'HISTOGRAM' || type === 'SUMMARY'
          ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]
          : [name],
      ),
    )
  }
}
