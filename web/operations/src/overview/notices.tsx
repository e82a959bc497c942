import type { OperationsNow } from '@quire/shared'
import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'

import { sentence } from '../session/api.ts'
import { counted } from '../units.ts'

/** What an operator has to know before all figures. */
export function Notices({ now }: { readonly now: OperationsNow }) {
  const { isDraining, refusing, failing, unopened } = now
  return (
    <div className="grid gap-2 empty:hidden" role="status">
      {isDraining && (
        <Notice tone="warn">The server is stopping: it takes nobody in any more.</Notice>
      )}
      {failing > 0 && (
        <Notice tone="bad">
          Writes of {counted(failing, 'document')} fail. What was written is kept in memory and
          tried again. <Why />
        </Notice>
      )}
      {unopened > 0 && (
        <Notice tone="bad">
          {counted(unopened, 'document')} could not be opened; who wants in is told to come back.{' '}
          <Why />
        </Notice>
      )}
      {refusing !== null && <Notice tone="bad">Refusing newcomers: {sentence(refusing)}</Notice>}
    </div>
  )
}

function Notice({
  tone,
  children,
}: {
  readonly tone: 'warn' | 'bad'
  readonly children: ReactNode
}) {
  return (
    <div className="notice" data-tone={tone}>
      <TriangleAlert size={18} className="mt-0.5 shrink-0" aria-hidden="true" />
      <p>{children}</p>
    </div>
  )
}

function Why() {
  return (
    <Link href="/trouble" className="link">
      Why
    </Link>
  )
}
