import { Menu } from '@base-ui/react/menu'
import { Toolbar } from '@base-ui/react/toolbar'
import type { ChainedCommands, Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { ChevronDown, Table } from 'lucide-react'

import { keepEditorFocus } from './control.tsx'

type TableStep = readonly [label: string, run: (chain: ChainedCommands) => ChainedCommands]

const insertion: TableStep = [
  'Insert table',
  (chain) => chain.insertTable({ rows: 3, cols: 3, withHeaderRow: true }),
]
const changes: readonly (readonly TableStep[])[] = [
  [
    ['Add row above', (chain) => chain.addRowBefore()],
    ['Add row below', (chain) => chain.addRowAfter()],
    ['Remove row', (chain) => chain.deleteRow()],
  ],
  [
    ['Add column before', (chain) => chain.addColumnBefore()],
    ['Add column after', (chain) => chain.addColumnAfter()],
    ['Remove column', (chain) => chain.deleteColumn()],
  ],
  [
    ['Header row on or off', (chain) => chain.toggleHeaderRow()],
    ['Remove table', (chain) => chain.deleteTable()],
  ],
]

/** Inserts a table, or changes the one the cursor is in. */
export function TableMenu({ editor }: { readonly editor: Editor }) {
  const inTable = useEditorState({ editor, selector: ({ editor: now }) => now.isActive('table') })
  const groups = inTable ? changes : [[insertion]]
  return (
    <Menu.Root>
      <Toolbar.Button
        className="control control--wide"
        aria-label="Table"
        title="Table"
        onMouseDown={keepEditorFocus}
        render={<Menu.Trigger />}
      >
        <Table size={18} aria-hidden="true" />
        <ChevronDown size={14} aria-hidden="true" />
      </Toolbar.Button>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="start" className="z-40">
          <Menu.Popup className="popup min-w-48 p-1" finalFocus={() => editor.view.dom}>
            {groups.map((steps) => (
              <Menu.Group key={steps[0]?.[0]} className="menu-group">
                {steps.map(([label, run]) => (
                  <Menu.Item
                    key={label}
                    className="menu-item"
                    onClick={() => run(editor.chain().focus()).run()}
                  >
                    {label}
                  </Menu.Item>
                ))}
              </Menu.Group>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
