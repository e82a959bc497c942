import { TextField } from '@quire/editor/ui/field.tsx'
import { formText } from '@quire/editor/ui/form-text.ts'
import { assertNever } from '@quire/shared'
import { useState } from 'react'

import { useServices } from './services.tsx'
import type { Session } from './session/session.ts'

/** What stands in front of the page: who is it, or that nobody answers. */
export function Door({ session }: { readonly session: Exclude<Session, { kind: 'in' }> }) {
  switch (session.kind) {
    case 'checking':
      return (
        <main id="main" className="door" aria-busy="true">
          <p className="text-ink-soft">Asking the server…</p>
        </main>
      )
    case 'unreachable':
      return (
        <main id="main" className="door">
          <h1 className="text-xl font-semibold">The server cannot be reached</h1>
          <p role="status" className="mt-2 text-ink-soft wrap-anywhere">
            {session.problem} This page goes on trying.
          </p>
        </main>
      )
    case 'asking':
      return <TokenForm problem={session.problem} />
    default:
      return assertNever(session)
  }
}

function TokenForm({ problem }: { readonly problem: string | null }) {
  const { session } = useServices()
  const [isEmpty, setEmpty] = useState(false)
  const shown = isEmpty ? 'Paste a token.' : (problem ?? undefined)
  return (
    <main id="main" className="door">
      <h1 className="text-xl font-semibold">Operations</h1>
      <p className="mt-2 mb-5 text-ink-soft">
        This server lets in who has a token with the claim <code>operations</code>; the command{' '}
        <code>quire token --sub me --operations read</code> makes one. It is kept in this tab only,
        and goes to this server only.
      </p>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          const token = formText(new FormData(event.currentTarget), 'token')
          setEmpty(token === '')
          if (token !== '') session.logIn(token)
        }}
      >
        <TextField
          label="Token"
          name="token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          data-testid="token"
          problem={shown}
        />
        <button type="submit" className="button button--primary" data-testid="log-in">
          Show operations
        </button>
      </form>
    </main>
  )
}
