import type { Node as DocNode } from '@tiptap/pm/model'
import type { EditorView, NodeView } from '@tiptap/pm/view'

import { languageOf, languages } from './languages.ts'

/** Draws a code block with a selector for its language. */
export function codeBlockView(
  node: DocNode,
  view: EditorView,
  getPos: () => number | undefined,
): NodeView {
  const dom = document.createElement('div')
  dom.className = 'code-block'
  const select = languageSelect()
  const pre = document.createElement('pre')
  const code = document.createElement('code')
  code.spellcheck = false
  pre.append(code)
  dom.append(select, pre)

  const show = (shown: DocNode): void => {
    select.value = languageOf(shown.attrs['language'])?.id ?? ''
    select.disabled = !view.editable
  }
  select.addEventListener('change', () => {
    const at = getPos()
    if (at === undefined) return
    view.dispatch(view.state.tr.setNodeAttribute(at, 'language', select.value || null))
    view.focus()
  })
  show(node)
  return {
    dom,
    contentDOM: code,
    update: (next) => {
      if (next.type !== node.type) return false
      show(next)
      return true
    },
    stopEvent: (event) => event.target === select,
    ignoreMutation: (mutation) => !code.contains(mutation.target),
  }
}

function languageSelect(): HTMLSelectElement {
  const select = document.createElement('select')
  select.contentEditable = 'false'
  select.className = 'code-block__language'
  select.setAttribute('aria-label', 'Language of this code')
  select.append(new Option('Plain text', ''))
  for (const { id, label } of languages) select.append(new Option(label, id))
  return select
}
