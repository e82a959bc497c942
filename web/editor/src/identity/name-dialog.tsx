import { useRef, useState } from 'react'
import type { CSSProperties } from 'react'

import { useServices } from '../services.tsx'
import { TextField } from '../ui/field.tsx'
import { Modal } from '../ui/modal.tsx'
import { useReadable } from '../use-readable.ts'
import { personColours } from './colour.ts'
import { maxPersonNameChars, parsePersonName } from './person.ts'
import type { Person } from './person.ts'

/** Asks what others should call this person. Closing it keeps the suggested name. */
export function NameDialog({ open, onClose }: NameDialogProps) {
  const { me } = useServices()
  const { kind, person } = useReadable(me)
  const field = useRef<HTMLInputElement>(null)
  const finish = (chosen: Person): void => {
    me.choose(chosen)
    onClose()
  }
  return (
    <Modal
      open={open}
      onClose={() => finish(person)}
      focus={field}
      title={kind === 'suggested' ? 'What should others call you?' : 'Your name and colour'}
      description="Everyone in a document sees your name beside your cursor."
    >
      <NameForm person={person} field={field} onSave={finish} onSkip={() => finish(person)} />
    </Modal>
  )
}

interface NameDialogProps {
  readonly open: boolean
  readonly onClose: () => void
}

function NameForm({ person, field, onSave, onSkip }: NameFormProps) {
  const [colour, setColour] = useState(person.colour)
  const save = (form: FormData): void => {
    onSave({ name: parsePersonName(form.get('name')) ?? person.name, colour })
  }
  return (
    <form action={save} className="mt-5 grid gap-5">
      <TextField
        ref={field}
        name="name"
        label="Name"
        autoComplete="nickname"
        defaultValue={person.name}
        maxLength={maxPersonNameChars}
        onFocus={(event) => event.currentTarget.select()}
        data-testid="person-name"
      />
      <fieldset>
        <legend className="mb-2 text-sm font-medium">Colour</legend>
        <div className="grid grid-cols-6 gap-2 justify-items-center sm:grid-cols-12">
          {personColours.map((choice, index) => (
            <input
              key={choice}
              type="radio"
              name="colour"
              className="swatch"
              aria-label={`Colour ${index + 1}`}
              style={{ '--person': choice } as CSSProperties} // custom properties are not in the type
              checked={choice === colour}
              onChange={() => setColour(choice)}
            />
          ))}
        </div>
      </fieldset>
      <div className="flex justify-end gap-2">
        <button type="button" className="button" onClick={onSkip}>
          {`Stay ${person.name}`}
        </button>
        <button type="submit" className="button button--primary" data-testid="person-name-save">
          Save
        </button>
      </div>
    </form>
  )
}

interface NameFormProps {
  readonly person: Person
  readonly field: React.RefObject<HTMLInputElement | null>
  readonly onSave: (person: Person) => void
  readonly onSkip: () => void
}
