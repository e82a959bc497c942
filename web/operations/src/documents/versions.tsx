import { TextField } from '@quire/editor/ui/field.tsx'
import { formText } from '@quire/editor/ui/form-text.ts'
import { Modal } from '@quire/editor/ui/modal.tsx'
import { useCallback, useState } from 'react'

import { usePlace } from '../services.tsx'
import { Ago } from '../ui/ago.tsx'
import { Card } from '../ui/card.tsx'
import { Buttons } from '../ui/confirm.tsx'
import { SmallButton } from '../ui/small-button.tsx'
import { Table } from '../ui/table.tsx'
import { useAsked } from '../ui/use-asked.ts'
import { bytesText } from '../units.ts'

/** The document as it was; and as it is now, under a name. */
export function Versions({ name, told }: VersionsProps) {
  const { api, mayAct } = usePlace()
  const versions = useAsked(
    useCallback((signal: AbortSignal) => api.versions(name, signal), [api, name]),
  )
  const [isNaming, setNaming] = useState(false)
  const rows = versions.value ?? []
  return (
    <Card
      title="Versions"
      testId="versions"
      {...(rows.length === 0 ? { note: versions.problem ?? 'None is kept.' } : {})}
      aside={
        mayAct && (
          <SmallButton isLast data-testid="name-version" onClick={() => setNaming(true)}>
            Keep as it is now
          </SmallButton>
        )
      }
    >
      {rows.length > 0 && (
        <Table
          label="Versions"
          columns={[
            { key: 'name', head: 'Version' },
            { key: 'author', head: 'By' },
            { key: 'bytes', head: 'Size', isNumber: true },
            { key: 'at', head: 'Kept', isNumber: true },
          ]}
        >
          {rows.map((row) => (
            <tr key={row.id}>
              <td className="name">
                {row.name === null ? (
                  <span className="nothing">kept by itself</span>
                ) : (
                  <bdi>{row.name}</bdi>
                )}
              </td>
              <td data-label="By">{row.author ?? '–'}</td>
              <td className="number" data-label="Size">
                {bytesText(row.bytes)}
              </td>
              <td className="number" data-label="Kept">
                <Ago at={row.at} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <NameDialog
        open={isNaming}
        onClose={() => setNaming(false)}
        keep={async (version) => {
          await api.keepVersion(name, version)
          await versions.again()
          told(`Kept as “${version}”.`)
        }}
      />
    </Card>
  )
}

interface VersionsProps {
  readonly name: string
  readonly told: (text: string) => void
}

function NameDialog({ open, onClose, keep }: NameDialogProps) {
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const close = (): void => {
    setProblem(null)
    onClose()
  }
  const submit = async (version: string): Promise<void> => {
    if (version === '') return setProblem('Give it a name.')
    setBusy(true)
    try {
      await keep(version)
      close()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }
  return (
    <Modal
      open={open}
      onClose={close}
      title="Keep this document as it is now"
      description="A version with a name stays until somebody drops it."
    >
      <form
        className="mt-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit(formText(new FormData(event.currentTarget), 'version'))
        }}
      >
        <TextField
          label="Name"
          name="version"
          autoComplete="off"
          data-testid="version-name"
          problem={problem ?? undefined}
        />
        <Buttons>
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button
            type="submit"
            className="button button--primary"
            disabled={isBusy}
            data-testid="keep-version"
          >
            Keep
          </button>
        </Buttons>
      </form>
    </Modal>
  )
}

interface NameDialogProps {
  readonly open: boolean
  readonly onClose: () => void
  /** Rejects with a sentence. */
  readonly keep: (version: string) => Promise<void>
}
