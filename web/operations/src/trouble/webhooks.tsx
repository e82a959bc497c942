import { useCallback, useState } from 'react'

import { usePlace } from '../services.tsx'
import { ApiProblem } from '../session/api.ts'
import type { DeadLetterRow, WebhookRow } from '../session/api.ts'
import { Ago } from '../ui/ago.tsx'
import { Card } from '../ui/card.tsx'
import { Confirm } from '../ui/confirm.tsx'
import type { Question } from '../ui/confirm.tsx'
import { SmallButton } from '../ui/small-button.tsx'
import { actColumn, Table } from '../ui/table.tsx'
import { useAsked } from '../ui/use-asked.ts'
import { counted, wholeText } from '../units.ts'

const EVERY_MS = 5_000

/** Dead letters that are shown at first. */
const FIRST_LETTERS = 10

interface Told {
  readonly targets: readonly WebhookRow[]
  readonly letters: readonly DeadLetterRow[]
}

/** The targets of webhooks, and what could not be delivered to them; nothing where the server has none. */
export function Webhooks() {
  const { api } = usePlace()
  const told = useAsked<Told | null>(
    useCallback(
      async (signal: AbortSignal) => {
        try {
          const [targets, letters] = await Promise.all([
            api.webhooks(signal),
            api.deadLetters(signal),
          ])
          return { targets, letters }
        } catch (error) {
          if (error instanceof ApiProblem && error.status === 404) return null // it has no webhooks
          throw error
        }
      },
      [api],
    ),
    EVERY_MS,
  )
  const { value, problem, again } = told
  if (value === undefined)
    return problem === null ? null : <Card title="Webhooks" testId="webhooks" note={problem} />
  if (value === null) return null
  if (value.targets.length + value.letters.length === 0) return null
  return (
    <>
      <Targets targets={value.targets} />
      <Letters
        letters={value.letters}
        kept={value.targets.reduce((sum, { dead }) => sum + dead, 0)}
        problem={problem}
        again={again}
      />
    </>
  )
}

function Targets({ targets }: { readonly targets: readonly WebhookRow[] }) {
  return (
    <Card title="Webhooks" testId="webhooks">
      <Table
        label="Webhooks"
        columns={[
          { key: 'host', head: 'Target' },
          { key: 'waiting', head: 'Waiting', isNumber: true },
          { key: 'dead', head: 'Given up', isNumber: true },
          { key: 'delivered', head: 'Delivered', isNumber: true },
          { key: 'failure', head: 'Last failure' },
        ]}
      >
        {targets.map((target) => (
          <tr key={target.host}>
            <td className="name">
              {target.host} {!target.configured && <span className="pill">told no more</span>}
            </td>
            <td className="number" data-label="Waiting">
              {wholeText(target.waiting)}
            </td>
            <td className="number" data-label="Given up">
              {wholeText(target.dead)}
            </td>
            <td className="number" data-label="Delivered">
              {target.deliveredAt === null ? '–' : <Ago at={target.deliveredAt} />}
            </td>
            <td className="name" data-label="Last failure">
              {target.failure === null ? (
                <span className="nothing">none</span>
              ) : (
                <>
                  {target.failure.problem}, <Ago at={target.failure.at} />
                </>
              )}
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  )
}

function Letters({ letters, kept, problem, again }: LettersProps) {
  const { api, mayAct } = usePlace()
  const [question, setQuestion] = useState<Question | null>(null)
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? letters : letters.slice(0, FIRST_LETTERS)
  const drop = (letter: DeadLetterRow): Question => ({
    title: 'Drop this dead letter?',
    description: `${letter.type} of ${letter.document}: ${letter.host} is never told of it.`,
    action: 'Drop',
    isDangerous: true,
    act: async () => {
      await api.dropLetter(letter.id)
      await again()
    },
  })
  const replay = (letter: DeadLetterRow): Question => ({
    title: 'Deliver it again?',
    description: `${letter.type} of ${letter.document}, to ${letter.host}, under the id that it had.`,
    action: 'Deliver',
    act: async () => {
      await api.replayLetter(letter.id)
      await again()
    },
  })
  const replayAll = (): Question => ({
    title: 'Deliver all of them again?',
    description: `${counted(kept, 'event')}, each under the id that it had. Those of targets that are told no more stay.`,
    action: 'Deliver',
    act: async () => {
      await api.replayLetters()
      await again()
    },
  })
  return (
    <Card
      title="Dead letters"
      testId="dead-letters"
      note={
        problem ??
        (letters.length === 0
          ? 'Everything was delivered, or is still tried.'
          : kept > letters.length
            ? `The oldest ${wholeText(letters.length)} of ${wholeText(kept)}.`
            : undefined)
      }
      aside={
        mayAct &&
        letters.length > 1 && (
          <SmallButton isLast onClick={() => setQuestion(replayAll())}>
            Deliver all again
          </SmallButton>
        )
      }
    >
      {letters.length > 0 && (
        <Table
          label="Dead letters"
          columns={[
            { key: 'event', head: 'Event' },
            { key: 'host', head: 'Target' },
            { key: 'problem', head: 'Why' },
            { key: 'died', head: 'Given up', isNumber: true },
            ...actColumn(mayAct),
          ]}
        >
          {shown.map((letter) => (
            <tr key={letter.id}>
              <td className="name">
                {letter.type}, <bdi>{letter.document}</bdi>
              </td>
              <td data-label="Target">{letter.host}</td>
              <td className="name">
                {letter.problem} ({counted(letter.attempts, 'attempt')})
              </td>
              <td className="number" data-label="Given up">
                <Ago at={letter.diedAt} />
              </td>
              {mayAct && (
                <td className="number wide">
                  <SmallButton onClick={() => setQuestion(replay(letter))}>
                    Deliver again
                  </SmallButton>{' '}
                  <SmallButton onClick={() => setQuestion(drop(letter))}>Drop</SmallButton>
                </td>
              )}
            </tr>
          ))}
        </Table>
      )}
      {letters.length > FIRST_LETTERS && (
        <div className="p-3">
          <SmallButton onClick={() => setWhole(!isWhole)}>
            {isWhole ? `Show the first ${FIRST_LETTERS}` : `Show ${letters.length}`}
          </SmallButton>
        </div>
      )}
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </Card>
  )
}

interface LettersProps {
  readonly letters: readonly DeadLetterRow[]
  /** How many the server keeps. */
  readonly kept: number
  readonly problem: string | null
  readonly again: () => Promise<void>
}
