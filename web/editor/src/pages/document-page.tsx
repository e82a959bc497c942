import { lazy, memo, Suspense } from 'react'
import { Link } from 'wouter'

import { PeopleList } from '../presence/people-list.tsx'
import { hasDocument, mayWriteIn } from '../session/connection.ts'
import type { ConnectionState } from '../session/connection.ts'
import { ConnectionStatus } from '../session/connection-status.tsx'
import { connectionSentence } from '../session/connection-text.ts'
import { refusalMessage, isDeletion } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import { useServices } from '../services.tsx'
import { ThemeToggle } from '../theme/theme-toggle.tsx'
import { CopyLink } from '../ui/copy-link.tsx'
import { Header } from '../ui/header.tsx'
import { useReadable } from '../use-readable.ts'
import { OpeningSkeleton } from './opening-skeleton.tsx'
import { ProblemPanel } from './problem-panel.tsx'
import { EndedBanner } from './ended-banner.tsx'

const DocumentSurface = lazy(async () => {
  const module = await import('../editor/document-surface.tsx')
  // The state counts changes, so it is another at every key; the surface is the same.
  return { default: memo(module.DocumentSurface) }
})

/** One document: its header, and its text once it has arrived. */
export function DocumentPage({ session, onRename }: DocumentPageProps) {
  const { theme } = useServices()
  const title = useReadable(session.title) || session.name
  return (
    <div className="page">
      <title>{`${title} – Quire`}</title>
      <Header title={title}>
        <ConnectionStatus session={session} />
        <PeopleList session={session} onRename={onRename} />
        <CopyLink />
        <ThemeToggle theme={theme} />
      </Header>
      <DocumentBody session={session} />
    </div>
  )
}

interface DocumentPageProps {
  readonly session: Session
  readonly onRename: () => void
}

function DocumentBody({ session }: { readonly session: Session }) {
  const state = useReadable(session.connection)
  if (!hasDocument(state)) {
    if (state.kind === 'refused') return <RefusedPanel state={state} onRetry={session.retry} />
    return (
      <>
        {state.kind === 'absent' && <AbsentBanner sentence={connectionSentence(state)} />}
        {state.kind === 'replaced' && <EndedBanner session={session} how="replaced" isEmpty />}
        <OpeningSkeleton />
      </>
    )
  }
  return (
    <Suspense fallback={<OpeningSkeleton />}>
      {state.kind === 'refused' &&
        (isDeletion(state.code) ? (
          <EndedBanner session={session} how="deleted" />
        ) : (
          <RefusedBanner state={state} onRetry={session.retry} />
        ))}
      {state.kind === 'replaced' && <EndedBanner session={session} how="replaced" />}
      <DocumentSurface session={session} editable={mayWriteIn(state)} />
    </Suspense>
  )
}

/** In place of a text that is neither here nor can be fetched. */
function AbsentBanner({ sentence }: { readonly sentence: string }) {
  return (
    <div className="banner" data-testid="absent">
      <span className="min-w-0 flex-1">{sentence}</span>
      <Link href="/" className="button">
        All documents
      </Link>
    </div>
  )
}

type Refused = Extract<ConnectionState, { kind: 'refused' }>

interface RefusedProps {
  readonly state: Refused
  readonly onRetry: () => void
}

function RefusedPanel({ state, onRetry }: RefusedProps) {
  return (
    <ProblemPanel
      title={refusalMessage(state.code)}
      detail={serverReason(state)}
      action={{ label: 'Try again', run: onRetry }}
    />
  )
}

/** Over a text that was open: it stays readable, so that it can be copied. */
function RefusedBanner({ state, onRetry }: RefusedProps) {
  return (
    <div role="alert" className="banner">
      <div className="min-w-0 flex-1">
        <strong className="font-semibold">{refusalMessage(state.code)}</strong>{' '}
        {connectionSentence(state)} <span className="text-ink-soft">{serverReason(state)}</span>
      </div>
      <button type="button" className="button" onClick={onRetry}>
        Try again
      </button>
      <Link href="/" className="button">
        All documents
      </Link>
    </div>
  )
}

function serverReason({ code, reason }: Refused): string {
  return reason === '' ? `(Code ${code}.)` : `The server said: “${reason.trim()}” (code ${code}).`
}
