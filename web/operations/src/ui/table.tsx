import type { ReactNode } from 'react'

/** A column: what its head says, and whether numbers stand in it. */
export interface Column {
  readonly head: ReactNode
  readonly key: string
  readonly isNumber?: boolean
  readonly sorted?: 'ascending' | 'descending' | undefined
}

/** The column of what can be done with a row, for whoever may; its head is for those who hear the page. */
export const actColumn = (mayAct: boolean, head = 'Act'): readonly Column[] =>
  mayAct ? [{ key: 'act', head: <span className="sr-only">{head}</span> }] : []

/** A table that scrolls by itself where it is too wide, and on a telephone has a small card for each row. */
export function Table({ label, columns, children }: TableProps) {
  return (
    // reached by keys, as who has no pointer has to scroll it as well
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table-scroll" role="region" aria-label={label} tabIndex={0}>
      <table className="table table--cards">
        <thead>
          <tr>
            {columns.map(({ key, head, isNumber = false, sorted }) => (
              <th
                key={key}
                scope="col"
                className={isNumber ? 'number' : undefined}
                aria-sort={sorted}
              >
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

interface TableProps {
  readonly label: string
  readonly columns: readonly Column[]
  readonly children: ReactNode
}
