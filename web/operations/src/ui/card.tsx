import type { ReactNode } from 'react'
import { useId } from 'react'

/** A part of a view under a heading; `aside` stands at the end of the heading's line. */
export function Card({ title, aside, note, testId, isPlot = false, children }: CardProps) {
  const id = useId()
  return (
    <section
      className={isPlot ? 'card card--plot' : 'card'}
      aria-labelledby={id}
      data-testid={testId}
    >
      <div className="card__head">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {note !== undefined && <p className="card__note">{note}</p>}
      {children}
    </section>
  )
}

interface CardProps {
  readonly title: string
  readonly aside?: ReactNode
  readonly note?: ReactNode
  readonly testId?: string
  readonly isPlot?: boolean
  readonly children?: ReactNode
}
