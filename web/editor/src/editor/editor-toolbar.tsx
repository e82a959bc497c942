import { Toolbar } from '@base-ui/react/toolbar'
import { useEditorState } from '@tiptap/react'
import { Redo2, Undo2 } from 'lucide-react'

import { applyBlock, insertions, textBlocks } from './blocks.ts'
import { Control } from './control.tsx'
import type { DocumentEditor } from './document-editor.ts'
import { MarkControls } from './mark-controls.tsx'
import { shortcut } from './marks.ts'
import { StyleMenu } from './style-menu.tsx'
import { TableMenu } from './table-menu.tsx'

/** The fixed toolbar: one tab stop, arrow keys between its controls. */
export function EditorToolbar({ editor, dialogs }: DocumentEditor) {
  return (
    <Toolbar.Root className="toolbar" aria-label="Formatting">
      <HistoryControls editor={editor} />
      <Toolbar.Separator className="toolbar__line" />
      <StyleMenu editor={editor} dialogs={dialogs} />
      <Toolbar.Separator className="toolbar__line" />
      <MarkControls editor={editor} dialogs={dialogs} />
      <Toolbar.Separator className="toolbar__line" />
      <BlockControls editor={editor} dialogs={dialogs} />
      <Toolbar.Separator className="toolbar__line" />
      <TableMenu editor={editor} />
      {insertions
        .filter(({ id }) => id !== 'table')
        .map((block) => (
          <Control
            key={block.id}
            label={block.title}
            icon={block.icon}
            onClick={() => applyBlock(block, editor, dialogs)}
          />
        ))}
    </Toolbar.Root>
  )
}

function HistoryControls({ editor }: Pick<DocumentEditor, 'editor'>) {
  const can = useEditorState({
    editor,
    selector: ({ editor: now }) => ({ undo: now.can().undo(), redo: now.can().redo() }),
  })
  return (
    <>
      <Control
        label="Undo your last change"
        keys={shortcut('Z')}
        icon={Undo2}
        testId="undo"
        disabled={!can.undo}
        onClick={() => editor.chain().focus().undo().run()}
      />
      <Control
        label="Redo"
        keys={shortcut('⇧Z')}
        icon={Redo2}
        testId="redo"
        disabled={!can.redo}
        onClick={() => editor.chain().focus().redo().run()}
      />
    </>
  )
}

function BlockControls({ editor, dialogs }: Pick<DocumentEditor, 'editor' | 'dialogs'>) {
  const active = useEditorState({
    editor,
    selector: ({ editor: now }) =>
      textBlocks.filter((block) => block.isActive(now)).map(({ id }) => id),
  })
  return textBlocks.map((block) => (
    <Control
      key={block.id}
      label={block.title}
      icon={block.icon}
      pressed={active.includes(block.id)}
      onClick={() => applyBlock(block, editor, dialogs)}
    />
  ))
}
