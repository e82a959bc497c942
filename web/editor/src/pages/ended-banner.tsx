import { useState } from 'react'
import { toast } from 'sonner'
import { navigate } from 'wouter/use-browser-location'

import { docHref } from '../names/doc-name.ts'
import { useServices } from '../services.tsx'
import type { Session } from '../session/session.ts'

/** Over a document that was deleted, or whose name is another one's now: what becomes of it is for a person to say. */
export function EndedBanner({ session, how, isEmpty = false }: EndedBannerProps) {
  const { host } = useServices()
  const [isBusy, setBusy] = useState(false)
  const decide = async (decision: () => Promise<string | null>): Promise<void> => {
    setBusy(true)
    try {
      const problem = await decision()
      if (problem !== null) toast.error(problem)
    } finally {
      setBusy(false)
    }
  }
  const keep = async (): Promise<string | null> => {
    const copied = await host.keepCopy(session)
    if (!copied.ok) return `The copy could not be made: ${copied.why}`
    navigate(docHref(copied.name))
    toast.success('Kept as a copy')
    return null
  }
  const discard = async (): Promise<string | null> => {
    const discarded = await host.discard(session)
    return discarded.ok ? null : `It could not be discarded: ${discarded.error.message}`
  }
  return (
    <div role="alert" className="banner" data-testid={how}>
      <p className="min-w-60 flex-1">
        <strong className="font-semibold">
          {how === 'deleted' ? (
            'This document was deleted.'
          ) : (
            <>
              Another document is called <bdi className="wrap-anywhere">{session.name}</bdi> now.
            </>
          )}
        </strong>{' '}
        {isEmpty ? 'The one that you had open was empty.' : LEFT[how]}
      </p>
      <div className="flex flex-wrap gap-2">
        {!isEmpty && (
          <button
            type="button"
            className="button button--primary"
            disabled={isBusy}
            onClick={() => void decide(keep)}
          >
            Keep as a copy
          </button>
        )}
        <button
          type="button"
          className="button"
          disabled={isBusy}
          onClick={() => void decide(discard)}
        >
          {isEmpty ? 'Open the other one' : 'Discard'}
        </button>
      </div>
    </div>
  )
}

const LEFT = {
  deleted:
    'What you see here is how it was, as it is on this device. It cannot be changed or sent any more.',
  replaced:
    'What you see here is the earlier one, as it is on this device. It cannot be changed or sent any more, and nothing of it goes into the other.',
} as const

interface EndedBannerProps {
  readonly session: Session
  readonly how: 'deleted' | 'replaced'
  /** There is nothing of it to keep. */
  readonly isEmpty?: boolean
}
