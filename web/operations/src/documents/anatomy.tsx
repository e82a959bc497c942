import type { ReactNode } from 'react'
import { useState } from 'react'

import { usePlace } from '../services.tsx'
import type { Anatomy as Told } from '../session/api.ts'
import { Card } from '../ui/card.tsx'
import { SmallButton } from '../ui/small-button.tsx'
import { Table } from '../ui/table.tsx'
import { bytesText, counted, shareText, wholeText } from '../units.ts'

type State =
  | { readonly kind: 'unasked' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'told'; readonly anatomy: Told }
  | { readonly kind: 'failed'; readonly problem: string }

/** Why a document is as large as it is; asked for, as it is work. */
export function Anatomy({ name }: { readonly name: string }) {
  const { api } = usePlace()
  const [state, setState] = useState<State>({ kind: 'unasked' })
  const ask = async (): Promise<void> => {
    setState({ kind: 'asking' })
    try {
      setState({ kind: 'told', anatomy: await api.anatomy(name) })
    } catch (error) {
      setState({ kind: 'failed', problem: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <Card
      title="Why is it this big?"
      testId="anatomy"
      {...(state.kind === 'unasked'
        ? {
            note: 'Takes apart all that is stored of it, byte by byte: what is there, what was deleted, and whose it is.',
          }
        : {})}
      aside={
        <SmallButton
          isLast
          disabled={state.kind === 'asking'}
          data-testid="take-apart"
          onClick={() => void ask()}
        >
          {state.kind === 'asking'
            ? 'Taking it apart…'
            : state.kind === 'told'
              ? 'Again'
              : 'Take it apart'}
        </SmallButton>
      }
    >
      {state.kind === 'failed' && (
        <p role="alert" className="card__note text-danger">
          {state.problem}
        </p>
      )}
      {state.kind === 'told' && <Parts anatomy={state.anatomy} />}
    </Card>
  )
}

type Part = keyof Told['parts']

const PARTS: readonly {
  readonly part: Part
  readonly label: string
  readonly what: string
  readonly colour: string
}[] = [
  { part: 'live', label: 'Content', what: 'what people see', colour: 'one' },
  { part: 'deleted', label: 'Deleted', what: 'deleted, and still kept', colour: 'two' },
  { part: 'links', label: 'Structure', what: 'where each piece stands', colour: 'three' },
  { part: 'collected', label: 'Collected', what: 'places of what was dropped', colour: 'four' },
  { part: 'deleteSet', label: 'Delete set', what: 'what is deleted', colour: 'five' },
  { part: 'frame', label: 'Frame', what: 'counts and client ids', colour: 'six' },
]

function Parts({ anatomy }: { readonly anatomy: Told }) {
  const { bytes, parts, structs, counts } = anatomy
  return (
    <div className="grid gap-4 pb-2">
      <p className="px-4 text-sm">{adviceOf(anatomy)}</p>
      <div className="px-4">
        <Bar parts={parts} bytes={bytes} />
      </div>
      <ul className="legend mx-4 ml-4!">
        {PARTS.map(({ part, label, what, colour }) => (
          <li key={part} title={what}>
            <span className={`legend__mark mark--${colour}`} />
            {label}
            <b data-testid={`part-${part}`} data-bytes={parts[part]}>
              {bytesText(parts[part])}
            </b>
            {shareText(parts[part] / Math.max(1, bytes))}
          </li>
        ))}
      </ul>
      <p className="px-4 text-sm text-ink-soft" data-testid="structs">
        {bytesText(bytes)} in one update: {counted(structs.items, 'item')}, of which{' '}
        {wholeText(structs.deleted)} are deleted; {wholeText(structs.collected)} collected;{' '}
        {counted(counts.clients, 'client')}. Stored as a snapshot of{' '}
        {bytesText(anatomy.snapshotBytes)} and {counted(anatomy.tailUpdates, 'update')} of{' '}
        {bytesText(anatomy.tailBytes)} behind it.
      </p>
      <div className="two">
        <Titled title="By field">
          <Table
            label="By field"
            columns={[
              { key: 'name', head: `Field (${wholeText(counts.roots)})` },
              { key: 'bytes', head: 'Bytes', isNumber: true },
              { key: 'deleted', head: 'Deleted', isNumber: true },
              { key: 'items', head: 'Items', isNumber: true },
            ]}
          >
            {anatomy.roots.map((root) => (
              <tr key={root.name ?? ''}>
                <td className="name">
                  {root.name === null ? (
                    <span className="nothing">cannot be told</span>
                  ) : (
                    <bdi>{root.name === '' ? '(no name)' : root.name}</bdi>
                  )}
                </td>
                <td className="number" data-label="Bytes">
                  {bytesText(root.bytes)}
                </td>
                <td className="number" data-label="Deleted">
                  {bytesText(root.deleted)}
                </td>
                <td className="number" data-label="Items">
                  {wholeText(root.items)}
                </td>
              </tr>
            ))}
          </Table>
        </Titled>
        <Titled title="By author">
          <Table
            label="By author"
            columns={[
              { key: 'name', head: `Author (${wholeText(counts.authors)})` },
              { key: 'bytes', head: 'Bytes', isNumber: true },
              { key: 'share', head: 'Share', isNumber: true },
              { key: 'clients', head: 'Clients', isNumber: true },
            ]}
          >
            {anatomy.authors.map((author) => (
              <tr key={author.user ?? ''}>
                <td className="name">
                  {author.user === null ? (
                    <span className="nothing">nobody known</span>
                  ) : (
                    <bdi>{author.user}</bdi>
                  )}
                </td>
                <td className="number" data-label="Bytes">
                  {bytesText(author.bytes)}
                </td>
                <td className="number" data-label="Share">
                  {shareText(author.bytes / Math.max(1, bytes))}
                </td>
                <td className="number" data-label="Clients">
                  {wholeText(author.clients)}
                </td>
              </tr>
            ))}
          </Table>
        </Titled>
      </div>
    </div>
  )
}

/** On a telephone a table has no heads, and nothing else says whose rows these are. */
function Titled({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <h3 className="table-title">{title}</h3>
      {children}
    </div>
  )
}

/** As a picture, whose widths are attributes: the page's policy knows no inline styles. */
function Bar({ parts, bytes }: { readonly parts: Told['parts']; readonly bytes: number }) {
  const widths = PARTS.map(({ part }) => (1_000 * parts[part]) / Math.max(1, bytes))
  return (
    <svg
      className="bar"
      viewBox="0 0 1000 14"
      preserveAspectRatio="none"
      role="img"
      aria-label={PARTS.map(({ part, label }) => `${label} ${bytesText(parts[part])}`).join(', ')}
    >
      {PARTS.map(({ part, colour }, index) => (
        <rect
          key={part}
          x={widths.slice(0, index).reduce((sum, width) => sum + width, 0)}
          y={0}
          width={widths[index]}
          height={14}
          fill={`var(--${colour})`}
        />
      ))}
    </svg>
  )
}

/** What the figures mean, in one sentence. */
const adviceOf = ({ bytes, parts, tailBytes, snapshotBytes, counts, contents }: Told): string => {
  if (bytes < 1_000) return 'It is small.'
  if (tailBytes > snapshotBytes && tailBytes > bytes)
    return 'Most of what is stored is its tail, which compacting makes smaller.'
  if (parts.deleted > bytes / 2)
    return 'Most of it was deleted and is still kept: compacting drops that, unless garbage collection is off.'
  if (parts.collected + parts.deleteSet > bytes / 2)
    return 'Most of it is the trace of what was deleted, which Yjs needs to merge old changes. A new document with the same content would be smaller.'
  if (parts.links + parts.frame > bytes / 2 && counts.clients > 100)
    return `Most of it says where small pieces stand, of ${counted(counts.clients, 'client')}: many short edits.`
  if (parts.links > bytes / 2) return 'Most of it says where small pieces stand: many short edits.'
  const [largest] = contents
  return largest === undefined
    ? 'There is nothing in it.'
    : `Most of it is content that is there, above all ${KINDS[largest.kind] ?? largest.kind}.`
}

const KINDS: Readonly<Record<string, string>> = {
  text: 'text',
  values: 'values of maps and lists',
  json: 'values of maps and lists',
  embed: 'embedded objects',
  binary: 'binary data',
  format: 'formats of text',
  type: 'nodes',
}
