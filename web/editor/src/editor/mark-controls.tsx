import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { Link } from 'lucide-react'

import { Control } from './control.tsx'
import type { EditorDialogs } from './dialogs.ts'
import { shortcut, toggleMarks } from './marks.ts'

/** Bold, italic and so on, and the link; in the toolbar and over a selection. */
export function MarkControls({ editor, dialogs }: MarkControlsProps) {
  const active = useEditorState({
    editor,
    selector: ({ editor: now }) => ({
      marks: toggleMarks.filter(({ id }) => now.isActive(id)).map(({ id }) => id),
      link: now.isActive('link'),
      code: now.isActive('codeBlock'),
    }),
  })
  return (
    <>
      {toggleMarks.map(({ id, label, key, icon, toggle }) => (
        <Control
          key={id}
          label={label}
          keys={shortcut(key)}
          icon={icon}
          pressed={active.marks.includes(id)}
          disabled={active.code}
          onClick={() => toggle(editor.chain().focus()).run()}
        />
      ))}
      <Control
        label="Link"
        keys={shortcut('K')}
        icon={Link}
        pressed={active.link}
        disabled={active.code}
        onClick={() => dialogs.openLink(editor)}
      />
    </>
  )
}

interface MarkControlsProps {
  readonly editor: Editor
  readonly dialogs: EditorDialogs
}
