import { Plus } from 'lucide-react'
import { useState } from 'react'
import { navigate } from 'wouter/use-browser-location'

import { Avatar } from '../identity/avatar.tsx'
import { docHref, docNameMessage, parseLinkableName } from '../names/doc-name.ts'
import { beginDocument } from '../navigation/begin.ts'
import { useServices } from '../services.tsx'
import { ThemeToggle } from '../theme/theme-toggle.tsx'
import { TextField } from '../ui/field.tsx'
import { formText } from '../ui/form-text.ts'
import { Header } from '../ui/header.tsx'
import { Tip } from '../ui/tip.tsx'
import { useReadable } from '../use-readable.ts'
import { OfflineNotice } from './offline-notice.tsx'
import { RecentList } from './recent-list.tsx'
import { WaitingNotice } from './waiting-notice.tsx'

/** Where documents are started and found again. */
export function HomePage({ onRename }: { readonly onRename: () => void }) {
  const { theme } = useServices()
  return (
    <div className="page">
      <title>Quire</title>
      <Header>
        <ThemeToggle theme={theme} />
        <MyName onRename={onRename} />
      </Header>
      <main id="main" className="home" tabIndex={-1}>
        <WaitingNotice />
        <OfflineNotice />
        <h1 className="text-4xl font-semibold tracking-tight text-balance sm:text-5xl">
          Write together.
        </h1>
        <p className="mt-3 max-w-prose text-lg text-ink-soft">
          Start a document and send its link. Everyone who opens it writes in the same text.
        </p>
        <button
          type="button"
          className="button button--primary button--large mt-7"
          data-testid="new-document"
          onClick={beginDocument}
        >
          <Plus size={20} aria-hidden="true" />
          New document
        </button>
        <OpenByName />
        <RecentList />
      </main>
    </div>
  )
}

function MyName({ onRename }: { readonly onRename: () => void }) {
  const { me } = useServices()
  const { person } = useReadable(me)
  return (
    <Tip label="Your name and colour">
      <button type="button" className="icon-button" onClick={onRename}>
        <Avatar person={person} />
        <span className="sr-only">{`You are ${person.name}. Change your name`}</span>
      </button>
    </Tip>
  )
}

function OpenByName() {
  const [problem, setProblem] = useState<string>()
  const open = (typed: string): void => {
    const parsed = parseLinkableName(typed)
    if (parsed.ok) navigate(docHref(parsed.value))
    else setProblem(docNameMessage(parsed.error))
  }
  return (
    <form
      className="mt-10 flex items-start gap-2"
      aria-label="Open a document"
      onSubmit={(event) => {
        event.preventDefault()
        open(formText(new FormData(event.currentTarget), 'name'))
      }}
    >
      <div className="min-w-0 flex-1">
        <TextField
          name="name"
          label="Open by name"
          placeholder="meeting notes/2026"
          problem={problem}
          autoComplete="off"
          spellCheck={false}
          data-testid="open-name"
          onChange={() => setProblem(undefined)}
        />
      </div>
      <button type="submit" className="button mt-6.5" data-testid="open-document">
        Open
      </button>
    </form>
  )
}
