import { useCallback } from 'react'

import { usePlace } from '../services.tsx'
import type { SessionRow } from '../session/api.ts'
import { Ago } from '../ui/ago.tsx'
import { Card } from '../ui/card.tsx'
import { familyText, transportText } from '../ui/client-text.ts'
import type { Question } from '../ui/confirm.tsx'
import { SmallButton } from '../ui/small-button.tsx'
import { actColumn, Table } from '../ui/table.tsx'
import { useAsked } from '../ui/use-asked.ts'
import { bytesText, counted } from '../units.ts'

const EVERY_MS = 2_000

const NOT_KEPT_OUT =
  'A client of ours says that it was sent away; its user may come back with a new page. To keep somebody out, revoke the login.'

/** Who has the document open, and how far they are behind. */
export function Sessions({ name, isOpen, ask, told }: SessionsProps) {
  const { api, mayAct } = usePlace()
  const sessions = useAsked(
    useCallback((signal: AbortSignal) => api.sessions(name, signal), [api, name]),
    EVERY_MS,
  )
  const rows = sessions.value ?? []
  const kick = (session: SessionRow): Question => ({
    title: `Send ${nameOf(session)} away?`,
    description: NOT_KEPT_OUT,
    action: 'Send away',
    isDangerous: true,
    act: async () => {
      await api.kick(name, session.id)
      await sessions.again()
      told(`${nameOf(session)} was sent away.`)
    },
  })
  const kickAll = (): Question => ({
    title: `Send everybody away?`,
    description: `${counted(rows.length, 'session')} of this document. ${NOT_KEPT_OUT}`,
    action: 'Send everybody away',
    isDangerous: true,
    act: async () => {
      const { ended } = await api.kickAll(name)
      await sessions.again()
      told(`${counted(ended, 'session')} ended.`)
    },
  })
  return (
    <Card
      title="Sessions"
      testId="sessions"
      {...(rows.length === 0
        ? {
            note: isOpen
              ? 'Nobody has it open; the server is about to close it, or works on it itself.'
              : 'Nobody has it open.',
          }
        : {})}
      aside={
        mayAct &&
        rows.length > 1 && (
          <SmallButton isLast onClick={() => ask(kickAll())}>
            Send everybody away
          </SmallButton>
        )
      }
    >
      {rows.length > 0 && (
        <Table
          label="Sessions"
          columns={[
            { key: 'who', head: 'Who' },
            { key: 'access', head: 'May' },
            { key: 'client', head: 'Client' },
            { key: 'address', head: 'Address' },
            { key: 'since', head: 'Since', isNumber: true },
            { key: 'lag', head: 'Behind', isNumber: true },
            ...actColumn(mayAct),
          ]}
        >
          {rows.map((row) => (
            <tr key={row.id}>
              <td className="name">
                <bdi>{nameOf(row)}</bdi>
              </td>
              <td data-label="May">{row.access}</td>
              <td data-label="Client">
                {familyText(row.family)}, {transportText(row.transport)}
              </td>
              <td data-label="Address">{row.address === '' ? '–' : row.address}</td>
              <td className="number" data-label="Since">
                <Ago at={row.since} />
              </td>
              <td className="number" data-label="Behind">
                {row.isHeld ? (
                  <span className="pill" data-tone="warn">
                    slow, {bytesText(row.queuedBytes)}
                  </span>
                ) : (
                  bytesText(row.queuedBytes)
                )}
              </td>
              {mayAct && (
                <td className="number wide">
                  <SmallButton
                    aria-label={`Send away ${nameOf(row)}`}
                    data-testid="kick"
                    onClick={() => ask(kick(row))}
                  >
                    Send away
                  </SmallButton>
                </td>
              )}
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

interface SessionsProps {
  readonly name: string
  readonly isOpen: boolean
  readonly ask: (question: Question) => void
  readonly told: (text: string) => void
}

const nameOf = ({ name, user, id }: SessionRow): string =>
  name ?? user ?? `somebody (session ${id})`
