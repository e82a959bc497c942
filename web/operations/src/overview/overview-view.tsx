import { useReadable } from '@quire/editor/use-readable.ts'
import { useState } from 'react'

import { DocumentLink } from '../documents/document-link.tsx'
import { useLive, useServices } from '../services.tsx'
import { Card } from '../ui/card.tsx'
import { familyText, transportText } from '../ui/client-text.ts'
import { isOld } from '../ui/line-state.tsx'
import { Plot } from '../ui/plot.tsx'
import { SmallButton } from '../ui/small-button.tsx'
import { Table } from '../ui/table.tsx'
import { bytesText, counted, wholeText } from '../units.ts'
import { Notices } from './notices.tsx'
import { plots } from './plots.ts'
import { Tiles } from './tiles.tsx'

/** Rows that are shown at first. */
const FIRST_ROWS = 10

/** How the server is: figures of now, how they moved, and where most goes on. */
export function OverviewView() {
  const live = useLive()
  const old = isOld(live, useReadable(useServices().ticking))
  const { now, samples } = live.view
  return (
    <>
      <h1 className="sr-only">Overview</h1>
      {now !== null && <Notices now={now} />}
      <div className={old ? 'grid gap-5 is-old' : 'grid gap-5'} data-testid="figures">
        {now !== null && <Tiles now={now} samples={samples} aheadMs={live.aheadMs} />}
        <div className="plots">
          {plots.map(({ title, lines, format }) => (
            <Plot key={title} title={title} samples={samples} lines={lines} format={format} />
          ))}
        </div>
        {now !== null && (
          <div className="two">
            <Busiest />
            <Sessions />
          </div>
        )}
      </div>
    </>
  )
}

function Busiest() {
  const [isWhole, setWhole] = useState(false)
  const documents = useLive().view.now?.documents ?? []
  const shown = isWhole ? documents : documents.slice(0, FIRST_ROWS)
  return (
    <Card
      title="Busiest documents"
      testId="busiest"
      {...(documents.length === 0 ? { note: 'No document is open.' } : {})}
    >
      {documents.length > 0 && (
        <Table
          label="Busiest documents"
          columns={[
            { key: 'name', head: 'Document' },
            { key: 'sessions', head: 'Sessions', isNumber: true },
            { key: 'updates', head: 'Updates/s', isNumber: true },
            { key: 'bytes', head: 'In', isNumber: true },
            { key: 'unsaved', head: 'Unsaved', isNumber: true },
          ]}
        >
          {shown.map(({ name, sessions, updatesPerSecond, bytesPerSecond, unsavedBytes }) => (
            <tr key={name}>
              <td className="name">
                <DocumentLink name={name} />
              </td>
              <td className="number" data-label="Sessions">
                {wholeText(sessions)}
              </td>
              <td className="number" data-label="Updates/s">
                {updatesPerSecond === 0 ? '0' : updatesPerSecond.toFixed(1)}
              </td>
              <td className="number" data-label="In">
                {bytesText(bytesPerSecond)}/s
              </td>
              <td className="number" data-label="Unsaved">
                {bytesText(unsavedBytes)}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {documents.length > FIRST_ROWS && (
        <div className="p-3">
          <SmallButton onClick={() => setWhole(!isWhole)}>
            {isWhole ? `Show the first ${FIRST_ROWS}` : `Show all ${documents.length}`}
          </SmallButton>
        </div>
      )}
    </Card>
  )
}

function Sessions() {
  const { sessions = [], since } = useLive().view.now ?? {}
  const total = sessions.reduce((sum, row) => sum + row.sessions, 0)
  return (
    <div className="grid gap-5">
      <Card
        title="Sessions by client"
        {...(sessions.length === 0 ? { note: 'Nobody is connected.' } : {})}
      >
        {sessions.length > 0 && (
          <Table
            label="Sessions by client"
            columns={[
              { key: 'family', head: 'Client' },
              { key: 'transport', head: 'Transport' },
              { key: 'sessions', head: 'Sessions', isNumber: true },
            ]}
          >
            {sessions.map(({ family, transport, sessions: count }) => (
              <tr key={`${family} ${transport}`}>
                <td>{familyText(family)}</td>
                <td>{transportText(transport)}</td>
                <td className="number wide">
                  {counted(count, 'session')} ({Math.round((100 * count) / total)} %)
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      {since !== undefined && (
        <Card title="Since the server started">
          <dl className="grid grid-cols-2 gap-x-6 gap-y-2 px-4 pb-4 text-sm tabular-nums">
            <Since label="Updates" value={wholeText(since.updates)} />
            <Since label="Received" value={bytesText(since.bytes)} />
            <Since label="Commits" value={wholeText(since.commits)} />
            <Since label="Refusals" value={wholeText(since.refusals)} />
            <Since label="Denials" value={wholeText(since.denials)} />
            <Since label="Errors" value={wholeText(since.errors)} />
          </dl>
        </Card>
      )}
    </div>
  )
}

function Since({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div className="flex justify-between gap-2">
      <dt className="text-ink-soft">{label}</dt>
      <dd className="font-medium">{value}</dd>
    </div>
  )
}
