import { useReadable } from '@quire/editor/use-readable.ts'
import type { OperationsTrouble } from '@quire/shared'
import { useState } from 'react'

import { DocumentLink } from '../documents/document-link.tsx'
import { useLive, useServices } from '../services.tsx'
import { sentence } from '../session/api.ts'
import { Ago } from '../ui/ago.tsx'
import { Card } from '../ui/card.tsx'
import { isOld } from '../ui/line-state.tsx'
import { Table } from '../ui/table.tsx'
import { wholeText } from '../units.ts'
import { Webhooks } from './webhooks.tsx'

type Kind = OperationsTrouble['kind']

const KINDS: Readonly<
  Record<Kind, { readonly label: string; readonly many: string; readonly tone: string }>
> = {
  error: { label: 'Error', many: 'Errors', tone: 'bad' },
  refusal: { label: 'Refusal', many: 'Refusals', tone: 'warn' },
  denial: { label: 'Denial', many: 'Denials', tone: '' },
}

/** What went wrong, and for whom. */
export function TroubleView() {
  const live = useLive()
  const old = isOld(live, useReadable(useServices().ticking))
  return (
    <>
      <h1 className="text-xl font-semibold">Trouble</h1>
      <div className={old ? 'grid gap-5 is-old' : 'grid gap-5'}>
        <Slow />
        <Met troubles={live.view.troubles} />
      </div>
      <Webhooks />
    </>
  )
}

function Slow() {
  const slow = useLive().view.now?.slow ?? []
  return (
    <Card
      title="Slow readers"
      testId="slow"
      note={
        slow.length === 0
          ? 'Everybody reads as fast as the others write.'
          : 'They do not read what waits for them. They are told of nothing more until they do, and then of all of it at once.'
      }
    >
      {slow.length > 0 && (
        <Table
          label="Slow readers"
          columns={[
            { key: 'document', head: 'Document' },
            { key: 'session', head: 'Session', isNumber: true },
            { key: 'since', head: 'Slow since', isNumber: true },
          ]}
        >
          {slow.map(({ document, session, since }) => (
            <tr key={session}>
              <td className="name">
                <DocumentLink name={document} />
              </td>
              <td className="number" data-label="Session">
                {session}
              </td>
              <td className="number" data-label="Slow since">
                <Ago at={since} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

function Met({ troubles }: { readonly troubles: readonly OperationsTrouble[] }) {
  const [only, setOnly] = useState<Kind | null>(null)
  const shown = troubles.filter(({ kind }) => only === null || kind === only).toReversed()
  const choices: readonly (Kind | null)[] = [null, 'error', 'refusal', 'denial']
  return (
    <Card
      title="Refusals, denials and errors"
      testId="troubles"
      note={
        shown.length === 0
          ? 'None, as far back as the server remembers.'
          : 'The newest hundred. A refusal is for want of room or for something wrong that was sent; a denial is for want of a right.'
      }
      aside={
        // a set of buttons, one of which is down
        <div role="group" aria-label="Show" className="ml-auto flex flex-wrap gap-1">
          {choices.map((kind) => (
            <button
              key={kind ?? 'all'}
              type="button"
              className="tab"
              aria-pressed={only === kind}
              onClick={() => setOnly(kind)}
            >
              {kind === null ? 'All' : KINDS[kind].many}
            </button>
          ))}
        </div>
      }
    >
      {shown.length > 0 && (
        <Table
          label="Refusals, denials and errors"
          columns={[
            { key: 'at', head: 'When' },
            { key: 'kind', head: 'What' },
            { key: 'reason', head: 'Why' },
            { key: 'document', head: 'Document' },
            { key: 'times', head: 'Times', isNumber: true },
          ]}
        >
          {shown.map(({ id, at, kind, event, document, reason, times }) => (
            <tr key={id}>
              <td className="whitespace-nowrap">
                <Ago at={at} />
              </td>
              <td>
                <span className="pill" data-tone={KINDS[kind].tone} title={event}>
                  {KINDS[kind].label}
                </span>
              </td>
              <td className="name">{sentence(reason)}</td>
              <td className="name" data-label={document === null ? undefined : 'Document'}>
                {document === null ? (
                  <span className="nothing">–</span>
                ) : (
                  <DocumentLink name={document} />
                )}
              </td>
              <td className="number" data-label="Times">
                {wholeText(times)}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}
