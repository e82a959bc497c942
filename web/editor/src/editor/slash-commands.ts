import { Extension } from '@tiptap/core'
import { PluginKey } from '@tiptap/pm/state'
import { Suggestion } from '@tiptap/suggestion'

import { applyBlock } from './blocks.ts'
import type { Block } from './blocks.ts'
import type { EditorDialogs } from './dialogs.ts'
import type { SlashMenuState } from './slash-menu-state.ts'

interface SlashCommandsOptions {
  readonly menu: SlashMenuState
  readonly dialogs: EditorDialogs
}

const slashKey = new PluginKey('slashCommands')

/** Opens the slash menu at a `/` that starts a word, and applies the block that is chosen. */
export function slashCommands({ menu, dialogs }: SlashCommandsOptions): Extension {
  return Extension.create({
    name: 'slashCommands',
    addProseMirrorPlugins() {
      return [
        Suggestion<Block, Block>({
          editor: this.editor,
          pluginKey: slashKey,
          char: '/',
          decorationClass: 'slash-query',
          allow: ({ state, range }) => !state.doc.resolve(range.from).parent.type.spec.code,
          command: ({ editor, range, props: block }) => {
            editor.chain().focus().deleteRange(range).run()
            applyBlock(block, editor, dialogs)
          },
          render: () => ({
            onStart: ({ query, command, mount }) => menu.open(query, command, mount),
            onUpdate: ({ query, command }) => menu.update(query, command),
            onExit: () => menu.close(),
            onKeyDown: ({ event }) => menu.press(event.key),
          }),
        }),
      ]
    },
  })
}
