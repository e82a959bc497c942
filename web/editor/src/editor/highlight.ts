import { Extension } from '@tiptap/core'
import type { Node as DocNode } from '@tiptap/pm/model'
import { Plugin, PluginKey } from '@tiptap/pm/state'
import type { EditorState } from '@tiptap/pm/state'
import { Decoration, DecorationSet } from '@tiptap/pm/view'
import type { EditorView } from '@tiptap/pm/view'

import { codeBlockView } from './code-block-view.ts'
import type { Highlighter, Token } from './highlighter.ts'
import { languageOf } from './languages.ts'

/** Longer blocks stay plain: grammars are regular expressions, and a peer chooses the text. */
const maxHighlightedChars = 20_000

interface Highlighting {
  readonly highlighter: Highlighter | null
  readonly decorations: DecorationSet
}

const highlightKey = new PluginKey<Highlighting>('highlight')

/** Colours code blocks and gives them a language selector. Grammars load with the first block. */
export const CodeHighlight = Extension.create({
  name: 'codeHighlight',
  addProseMirrorPlugins() {
    return [highlightPlugin()]
  },
})

function highlightPlugin(): Plugin<Highlighting> {
  // Nodes are immutable, so a block is tokenised once however often the document changes.
  const tokens = new WeakMap<DocNode, readonly Token[]>()
  const decorate = (doc: DocNode, highlighter: Highlighter | null): DecorationSet =>
    highlighter === null
      ? DecorationSet.empty
      : DecorationSet.create(doc, codeDecorations(doc, highlighter, tokens))
  return new Plugin<Highlighting>({
    key: highlightKey,
    state: {
      init: () => ({ highlighter: null, decorations: DecorationSet.empty }),
      apply: (tr, before) => {
        const loaded: Highlighter | undefined = tr.getMeta(highlightKey)
        if (loaded === undefined && !tr.docChanged) return before
        const highlighter = loaded ?? before.highlighter
        return { highlighter, decorations: decorate(tr.doc, highlighter) }
      },
    },
    props: {
      nodeViews: { codeBlock: codeBlockView },
      decorations: (state) => highlightKey.getState(state)?.decorations,
    },
    view: (view) => {
      const load = loadWhenNeeded()
      load(view)
      return { update: load }
    },
  })
}

/** Fetches the grammars once, when the first block with a language appears. */
function loadWhenNeeded(): (view: EditorView, before?: EditorState) => void {
  let requested = false
  return (view, before) => {
    if (requested || before?.doc.eq(view.state.doc) === true || !hasCode(view.state.doc)) return
    requested = true
    loadHighlighter(view).catch((cause: unknown) => {
      requested = false // the next change tries again
      console.warn('code stays without colours: the grammars did not load', cause)
    })
  }
}

async function loadHighlighter(view: EditorView): Promise<void> {
  const { createHighlighter } = await import('./highlighter.ts')
  if (view.isDestroyed) return
  view.dispatch(view.state.tr.setMeta(highlightKey, createHighlighter()))
}

function hasCode(doc: DocNode): boolean {
  let found = false
  eachCodeBlock(doc, (node) => {
    found ||= languageOf(node.attrs['language']) !== null
  })
  return found
}

function codeDecorations(
  doc: DocNode,
  highlighter: Highlighter,
  known: WeakMap<DocNode, readonly Token[]>,
): Decoration[] {
  const decorations: Decoration[] = []
  eachCodeBlock(doc, (node, at) => {
    const tokens = known.get(node) ?? tokenise(node, highlighter)
    known.set(node, tokens)
    for (const token of tokens) {
      decorations.push(
        Decoration.inline(at + 1 + token.from, at + 1 + token.to, { class: token.className }),
      )
    }
  })
  return decorations
}

function tokenise(node: DocNode, highlighter: Highlighter): readonly Token[] {
  const language = languageOf(node.attrs['language'])
  if (language === null || node.content.size > maxHighlightedChars) return []
  return highlighter(language, node.textContent)
}

function eachCodeBlock(doc: DocNode, visit: (node: DocNode, at: number) => void): void {
  doc.descendants((node, at) => {
    if (node.type.name === 'codeBlock') visit(node, at)
    return !node.isTextblock
  })
}
