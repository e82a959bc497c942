import { useCallback, useState } from 'react'

import { usePlace } from '../services.tsx'
import { Ago } from '../ui/ago.tsx'
import { Card } from '../ui/card.tsx'
import { SmallButton } from '../ui/small-button.tsx'
import { actColumn, Table } from '../ui/table.tsx'
import { useAsked } from '../ui/use-asked.ts'
import { bytesText } from '../units.ts'
import { saveAs } from './save-as.ts'

/** Updates that were taken out, each to be looked at elsewhere. */
export function Quarantine({ name }: { readonly name: string }) {
  const { api, mayAct } = usePlace()
  const updates = useAsked(
    useCallback((signal: AbortSignal) => api.quarantine(name, signal), [api, name]),
  )
  const [problem, setProblem] = useState<string | null>(null)
  const rows = updates.value ?? []
  const download = async (id: number): Promise<void> => {
    try {
      saveAs(await api.download(name, `quarantine/${id}`), `${name}-${id}.yjs`)
      setProblem(null)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <Card
      title="Quarantine"
      testId="quarantine"
      note={
        problem ??
        updates.problem ??
        (rows.length === 0
          ? 'No update had to be taken out of this document.'
          : 'With these updates the document could not be put together. They are kept, and are no part of it.')
      }
    >
      {rows.length > 0 && (
        <Table
          label="Quarantine"
          columns={[
            { key: 'problem', head: 'What it broke' },
            { key: 'bytes', head: 'Size', isNumber: true },
            { key: 'at', head: 'Taken out', isNumber: true },
            ...actColumn(mayAct, 'Download'),
          ]}
        >
          {rows.map((row) => (
            <tr key={row.id}>
              <td className="name">
                Update {row.id}: {row.problem}
              </td>
              <td className="number" data-label="Size">
                {bytesText(row.bytes)}
              </td>
              <td className="number" data-label="Taken out">
                <Ago at={row.quarantinedAt} />
              </td>
              {mayAct && (
                <td className="number wide">
                  <SmallButton onClick={() => void download(row.id)}>Download</SmallButton>
                </td>
              )}
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}
