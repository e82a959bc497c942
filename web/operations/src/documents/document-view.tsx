import { ArrowLeft } from 'lucide-react'
import { useCallback, useState } from 'react'
import { Link } from 'wouter'

import { usePlace } from '../services.tsx'
import type { DocumentRow } from '../session/api.ts'
import { Ago } from '../ui/ago.tsx'
import { Confirm } from '../ui/confirm.tsx'
import type { Question } from '../ui/confirm.tsx'
import { useAsked } from '../ui/use-asked.ts'
import { bytesText, counted, wholeText } from '../units.ts'
import { Anatomy } from './anatomy.tsx'
import { saveAs } from './save-as.ts'
import { Sessions } from './sessions.tsx'
import { Quarantine } from './quarantine.tsx'
import { Versions } from './versions.tsx'

/** While a document is looked at, what is going on in it is asked again so often, milliseconds. */
const EVERY_MS = 3_000

/** One document: who is in it, why it is as large as it is, and what can be done about it. */
export function DocumentView({ name }: { readonly name: string }) {
  const { api, mayAct } = usePlace()
  const facts = useAsked(
    useCallback((signal: AbortSignal) => api.document(name, signal), [api, name]),
    EVERY_MS,
  )
  const [question, setQuestion] = useState<Question | null>(null)
  const [done, setDone] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  const compact = (): Question => ({
    title: 'Compact this document now?',
    description:
      'Its tail is folded into the snapshot, as the server does by itself. Nobody who has it open notices.',
    action: 'Compact',
    act: async () => {
      const { after } = await api.compact(name)
      await facts.again()
      setDone(
        `Compacted: the snapshot is ${bytesText(after.snapshotBytes)}, ${counted(after.tailUpdates, 'update')} behind it.`,
      )
    },
  })
  const download = async (): Promise<void> => {
    setProblem(null)
    try {
      saveAs(await api.download(name, 'export'), `${name}.yjs`)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  const row = facts.value
  return (
    <>
      <div className="grid gap-2">
        <Link href="/documents" className="link inline-flex items-center gap-1 text-sm">
          <ArrowLeft size={14} aria-hidden="true" />
          Documents
        </Link>
        <div className="flex flex-wrap items-center gap-3">
          <h1 className="mr-auto text-xl font-semibold wrap-anywhere">
            <bdi>{name}</bdi>
          </h1>
          {row !== undefined && mayAct && (
            <div className="flex flex-wrap gap-2">
              <button
                type="button"
                className="button"
                data-testid="compact"
                onClick={() => setQuestion(compact())}
              >
                Compact now
              </button>
              <button
                type="button"
                className="button"
                data-testid="export"
                onClick={() => void download()}
              >
                Export
              </button>
            </div>
          )}
        </div>
      </div>
      {!mayAct && (
        <p className="notice">
          Your token lets you look. To act takes one with <code>"operations": "write"</code>.
        </p>
      )}
      {[problem, facts.problem].map(
        (text) =>
          text !== null && (
            <p key={text} role="alert" className="notice" data-tone="bad">
              {text}
            </p>
          ),
      )}
      <p
        role="status"
        className={done === null ? 'sr-only' : 'notice'}
        data-tone="good"
        data-testid="done"
      >
        {done}
      </p>
      {row !== undefined && (
        <>
          <Figures row={row} />
          <Sessions name={name} isOpen={row.isOpen} ask={setQuestion} told={setDone} />
          <Anatomy name={name} />
          <div className="two">
            <Versions name={name} told={setDone} />
            <Quarantine name={name} />
          </div>
        </>
      )}
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </>
  )
}

function Figures({ row }: { readonly row: DocumentRow }) {
  const { log, isOpen } = row
  return (
    <dl className="tiles" data-testid="facts">
      <Fact label="State">
        {isOpen ? 'Open' : 'Closed'}
        {log?.isFolding === true ? ', compacting' : ''}
      </Fact>
      <Fact label="Sessions">{wholeText(row.sessions)}</Fact>
      <Fact label="Stored">{bytesText(row.bytes)}</Fact>
      <Fact label="Snapshot">{log === null ? '–' : bytesText(log.snapshotBytes)}</Fact>
      <Fact label="Tail, updates">{log === null ? '–' : wholeText(log.tailUpdates)}</Fact>
      <Fact label="Not on disk yet">{bytesText(row.unsavedBytes)}</Fact>
      <Fact label="Changed">
        <Ago at={row.changedAt} />
      </Fact>
      <Fact label="Sequence">{wholeText(row.sequence)}</Fact>
    </dl>
  )
}

function Fact({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  return (
    <div className="tile">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}
