import type { Editor } from '@tiptap/core'
import { useState } from 'react'

import { TextField } from '../ui/field.tsx'
import { formText } from '../ui/form-text.ts'
import { Modal } from '../ui/modal.tsx'
import { useReadable } from '../use-readable.ts'
import type { DocumentEditor } from './document-editor.ts'
import { safeImageUrl } from './safe-url.ts'

/** Asks for an image's address and what it shows. */
export function ImageDialog({ editor, dialogs }: Pick<DocumentEditor, 'editor' | 'dialogs'>) {
  const dialog = useReadable(dialogs)
  const image = dialog.kind === 'image' ? dialog : { src: '', alt: '' }
  return (
    <Modal
      open={dialog.kind === 'image'}
      onClose={dialogs.close}
      returnTo={() => editor.view.dom}
      title={image.src === '' ? 'Insert an image' : 'Change the image'}
      description="The image stays where it is on the web; everyone here loads it from there."
    >
      <ImageForm editor={editor} src={image.src} alt={image.alt} onDone={dialogs.close} />
    </Modal>
  )
}

function ImageForm({ editor, src, alt, onDone }: ImageFormProps) {
  const [problem, setProblem] = useState<string>()
  const save = (form: FormData): void => {
    const url = safeImageUrl(formText(form, 'url'))
    if (url === null) {
      setProblem('Use an address that starts with https:// or http://.')
      return
    }
    editor.commands.setImage({ src: url, alt: formText(form, 'alt') })
    onDone()
  }
  return (
    <form
      className="mt-5 grid gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        save(new FormData(event.currentTarget))
      }}
    >
      <TextField
        name="url"
        label="Address"
        inputMode="url"
        placeholder="https://"
        defaultValue={src}
        problem={problem}
        autoComplete="off"
      />
      <TextField
        name="alt"
        label="Description"
        hint="For people who cannot see it. Leave it empty for decoration."
        defaultValue={alt}
        autoComplete="off"
      />
      <div className="mt-1 flex justify-end gap-2">
        <button type="button" className="button" onClick={onDone}>
          Cancel
        </button>
        <button type="submit" className="button button--primary">
          Save
        </button>
      </div>
    </form>
  )
}

interface ImageFormProps {
  readonly editor: Editor
  readonly src: string
  readonly alt: string
  readonly onDone: () => void
}
