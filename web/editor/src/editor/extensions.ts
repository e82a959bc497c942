import { Extension } from '@tiptap/core'
import type { Extensions } from '@tiptap/core'
import { Collaboration } from '@tiptap/extension-collaboration'
import { Placeholder } from '@tiptap/extensions'

import type { Session } from '../session/session.ts'
import { remoteCarets } from './caret.ts'
import type { EditorDialogs } from './dialogs.ts'
import { CodeHighlight } from './highlight.ts'
import { schemaExtensions } from './schema.ts'
import { slashCommands } from './slash-commands.ts'
import type { SlashMenuState } from './slash-menu-state.ts'

/** What an editor of one session is made of. */
export interface EditorParts {
  readonly session: Session
  readonly dialogs: EditorDialogs
  readonly slashMenu: SlashMenuState
}

/** The schema and everything that edits it together with others. */
export function editorExtensions({ session, dialogs, slashMenu }: EditorParts): Extensions {
  return [
    ...schemaExtensions,
    Collaboration.configure({ fragment: session.fragment }),
    remoteCarets(session.awareness),
    CodeHighlight,
    slashCommands({ menu: slashMenu, dialogs }),
    linkShortcut(dialogs),
    Placeholder.configure({
      placeholder: ({ node }) =>
        node.type.name === 'heading' ? 'Heading' : 'Write, or press “/” for blocks',
    }),
  ]
}

function linkShortcut(dialogs: EditorDialogs): Extension {
  return Extension.create({
    name: 'linkShortcut',
    addKeyboardShortcuts() {
      return {
        'Mod-k': ({ editor }) => {
          dialogs.openLink(editor)
          return true
        },
      }
    },
  })
}
