import { CollaborationCaret } from '@tiptap/extension-collaboration-caret'
import type { Plugin } from '@tiptap/pm/state'
import { DecorationSet } from '@tiptap/pm/view'
import type { DecorationAttrs } from '@tiptap/pm/view'
import type { AnyExtension } from '@tiptap/core'

import { parseColour, textColourOn } from '../identity/colour.ts'
import type { HexColour } from '../identity/colour.ts'
import { parsePersonName, namelessPerson } from '../identity/person.ts'
import type { GuardedAwareness } from '../presence/guarded-awareness.ts'

/** The carets and selections of the others, with their names. */
export function remoteCarets(awareness: GuardedAwareness): AnyExtension {
  return GuardedCaret.configure({
    provider: { awareness },
    user: {},
    render: (user) => renderCaret(labelled(user)),
    selectionRender: (user) => selectionAttrs(labelled(user)),
  })
}

/** The awareness guard admits only checked cursors; this keeps a surprise inside one frame. */
const GuardedCaret = CollaborationCaret.extend({
  addProseMirrorPlugins() {
    const plugins: Plugin[] = this.parent?.() ?? []
    for (const plugin of plugins) withoutThrowing(plugin)
    return plugins
  },
})

interface CaretLabel {
  readonly name: string
  readonly colour: HexColour
}

function labelled(user: Record<string, unknown>): CaretLabel {
  return {
    name: parsePersonName(user['name']) ?? namelessPerson,
    colour: parseColour(user['color']) ?? '#4f46e5',
  }
}

function renderCaret({ name, colour }: CaretLabel): HTMLElement {
  const caret = document.createElement('span')
  caret.className = 'collaboration-carets__caret'
  caret.setAttribute('aria-hidden', 'true') // who is here is announced by the list of people
  caret.style.setProperty('--person', colour)
  const label = document.createElement('span')
  label.className = 'collaboration-carets__label'
  label.style.setProperty('--person-text', textColourOn(colour))
  label.textContent = name
  caret.append('\u2060', label, '\u2060') // word joiners keep the caret from breaking a line
  return caret
}

function selectionAttrs({ colour }: CaretLabel): DecorationAttrs {
  return { class: 'collaboration-carets__selection', style: `--person: ${colour}` }
}

function withoutThrowing({ spec }: Plugin): void {
  const { state } = spec
  if (state === undefined) return
  const { init, apply } = state
  state.init = (config, instance) => carets(() => init.call(state, config, instance))
  state.apply = (tr, value, before, after) =>
    carets(() => apply.call(state, tr, value, before, after))
}

function carets<T>(draw: () => T): T | DecorationSet {
  try {
    return draw()
  } catch (cause) {
    console.warn('the carets of the others could not be drawn', cause)
    return DecorationSet.empty
  }
}
