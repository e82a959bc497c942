import type { Editor } from '@tiptap/core'
import { useState } from 'react'

import { TextField } from '../ui/field.tsx'
import { formText } from '../ui/form-text.ts'
import { Modal } from '../ui/modal.tsx'
import { useReadable } from '../use-readable.ts'
import type { DocumentEditor } from './document-editor.ts'
import { linkUrlFromInput } from './safe-url.ts'

/** Asks for a link's address; only http, https and mailto are taken. */
export function LinkDialog({ editor, dialogs }: Pick<DocumentEditor, 'editor' | 'dialogs'>) {
  const dialog = useReadable(dialogs)
  const href = dialog.kind === 'link' ? dialog.href : ''
  return (
    <Modal
      open={dialog.kind === 'link'}
      onClose={dialogs.close}
      returnTo={() => editor.view.dom}
      title={href === '' ? 'Add a link' : 'Change the link'}
      description="To a web page or a mail address."
    >
      <LinkForm editor={editor} href={href} onDone={dialogs.close} />
    </Modal>
  )
}

function LinkForm({ editor, href, onDone }: LinkFormProps) {
  const [problem, setProblem] = useState<string>()
  const save = (form: FormData): void => {
    const url = linkUrlFromInput(formText(form, 'url'))
    if (url === null) {
      setProblem('Use an address such as https://example.org or ada@example.org.')
      return
    }
    setLink(editor, url)
    onDone()
  }
  const remove = (): void => {
    editor.chain().extendMarkRange('link').unsetLink().run()
    onDone()
  }
  return (
    <form
      className="mt-5 grid gap-5"
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
        defaultValue={href}
        problem={problem}
        autoComplete="off"
      />
      <div className="flex justify-end gap-2">
        {href !== '' && (
          <button type="button" className="button mr-auto" onClick={remove}>
            Remove link
          </button>
        )}
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

interface LinkFormProps {
  readonly editor: Editor
  readonly href: string
  readonly onDone: () => void
}

/** Links the selected text, the link around the cursor, or else inserts the address itself. */
function setLink(editor: Editor, url: string): void {
  const { doc, selection } = editor.state
  if (editor.isActive('link') || doc.textBetween(selection.from, selection.to) !== '') {
    editor.chain().extendMarkRange('link').setLink({ href: url }).run()
    return
  }
  const text = url.replace(/^mailto:/, '')
  const marks = [{ type: 'link', attrs: { href: url } }]
  editor.commands.insertContentAt(selection.from, { type: 'text', text, marks })
}
