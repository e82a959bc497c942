import { ArrowDown, ArrowUp } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'

import { usePlace } from '../services.tsx'
import type { DocumentRow, ListQuery } from '../session/api.ts'
import { Ago } from '../ui/ago.tsx'
import { SmallButton } from '../ui/small-button.tsx'
import { Table } from '../ui/table.tsx'
import type { Column } from '../ui/table.tsx'
import { bytesText, wholeText } from '../units.ts'
import { DocumentLink } from './document-link.tsx'

type Sort = ListQuery['sort']

/** Another one of the same form asks anew. */
type Question = Pick<ListQuery, 'search' | 'sort'>

/** Keys follow each other faster than anybody wants to be answered, milliseconds. */
const SETTLE_MS = 200

interface Listed {
  readonly documents: readonly DocumentRow[]
  readonly next: string | null
}

/** Every document, searched and sorted by the server, a page at a time. */
export function DocumentsView() {
  const { api } = usePlace()
  const [question, setQuestion] = useState<Question>({ search: '', sort: 'sessions' })
  const { search, sort } = question
  const [listed, setListed] = useState<Listed | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const isFirst = useRef(true)

  useEffect(() => {
    const over = new AbortController()
    const ask = async (): Promise<void> => {
      setBusy(true)
      try {
        const page = await api.documents(question, over.signal)
        setListed(page)
        setProblem(null)
      } catch (error) {
        if (over.signal.aborted) return
        setProblem(error instanceof Error ? error.message : String(error))
      }
      setBusy(false)
    }
    const timer = setTimeout(() => void ask(), isFirst.current ? 0 : SETTLE_MS)
    isFirst.current = false
    return () => {
      clearTimeout(timer)
      over.abort()
    }
  }, [api, question])

  const more = async (): Promise<void> => {
    if (listed === null || listed.next === null) return
    setBusy(true)
    try {
      const page = await api.documents({ ...question, cursor: listed.next })
      const known = new Set(listed.documents.map(({ name }) => name))
      const added = page.documents.filter(({ name }) => !known.has(name))
      setListed({ documents: [...listed.documents, ...added], next: page.next })
      setProblem(null)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }

  const sortBy = (by: Sort, label: string): Column => ({
    key: by,
    isNumber: by !== 'name',
    sorted: sort === by ? (by === 'name' ? 'ascending' : 'descending') : undefined,
    head: (
      <button
        type="button"
        className="sort"
        aria-pressed={sort === by}
        data-testid={`sort-${by}`}
        onClick={() => setQuestion({ search, sort: by })}
      >
        {label}
        {sort === by && (by === 'name' ? <ArrowUp size={12} /> : <ArrowDown size={12} />)}
      </button>
    ),
  })

  return (
    <>
      <div className="flex flex-wrap items-end gap-3">
        <h1 className="mr-auto text-xl font-semibold">Documents</h1>
        <label className="grid w-full gap-1 text-sm font-medium sm:w-72">
          <span className="sr-only">Search by name</span>
          <input
            type="search"
            className="field"
            placeholder="Search by name"
            data-testid="search"
            value={search}
            maxLength={1_024}
            onChange={(event) => setQuestion({ search: event.target.value, sort })}
          />
        </label>
        <label className="grid gap-1 text-sm sm:hidden">
          <span className="sr-only">Sort by</span>
          <select
            className="field"
            value={sort}
            onChange={(event) => {
              const by = event.target.value as Sort // of the options below
              setQuestion({ search, sort: by })
            }}
          >
            <option value="sessions">Most sessions</option>
            <option value="unsaved">Most unsaved</option>
            <option value="bytes">Largest</option>
            <option value="name">Name</option>
          </select>
        </label>
        <button type="button" className="button" onClick={() => setQuestion({ search, sort })}>
          Refresh
        </button>
      </div>
      {problem !== null && (
        <p role="alert" className="notice" data-tone="bad">
          {problem}
        </p>
      )}
      <section className="card" aria-busy={isBusy} data-testid="documents">
        {listed !== null && listed.documents.length > 0 && (
          <Table
            label="Documents"
            columns={[
              sortBy('name', 'Document'),
              sortBy('sessions', 'Sessions'),
              sortBy('bytes', 'Stored'),
              sortBy('unsaved', 'Unsaved'),
              { key: 'tail', head: 'Tail', isNumber: true },
              { key: 'changed', head: 'Changed', isNumber: true },
            ]}
          >
            {listed.documents.map((row) => (
              <Row key={row.name} row={row} />
            ))}
          </Table>
        )}
        {listed !== null && listed.documents.length === 0 && (
          <p className="card__note pt-4">
            {search === '' ? 'There are no documents yet.' : 'No document has this in its name.'}
          </p>
        )}
      </section>
      <div className="flex flex-wrap items-center gap-3 text-sm text-ink-soft">
        <span role="status" data-testid="listed">
          {listed === null
            ? 'Asking the server…'
            : `${wholeText(listed.documents.length)} shown${listed.next === null ? ', which is all' : ''}`}
        </span>
        {listed !== null && listed.next !== null && (
          <SmallButton disabled={isBusy} data-testid="more" onClick={() => void more()}>
            Show more
          </SmallButton>
        )}
      </div>
    </>
  )
}

function Row({ row }: { readonly row: DocumentRow }) {
  const { name, isOpen, sessions, bytes, unsavedBytes, log, changedAt } = row
  return (
    <tr>
      <td className="name">
        <DocumentLink name={name} />{' '}
        {isOpen && (
          <span className="pill" data-tone="good">
            open
          </span>
        )}
      </td>
      <td className="number" data-label="Sessions">
        {wholeText(sessions)}
      </td>
      <td className="number" data-label="Stored">
        {bytesText(bytes)}
      </td>
      <td className="number" data-label="Unsaved">
        {bytesText(unsavedBytes)}
      </td>
      <td className="number" data-label="Tail">
        {log === null ? (
          <span className="nothing">–</span>
        ) : (
          `${wholeText(log.tailUpdates)} updates`
        )}
      </td>
      <td className="number" data-label="Changed">
        <Ago at={changedAt} />
      </td>
    </tr>
  )
}
