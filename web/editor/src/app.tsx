import { assertNever } from '@quire/shared'
import { Tooltip } from '@base-ui/react/tooltip'
import { useState } from 'react'
import { Toaster } from 'sonner'

import { NameDialog } from './identity/name-dialog.tsx'
import { docNameMessage } from './names/doc-name.ts'
import { DocumentPage } from './pages/document-page.tsx'
import { HomePage } from './pages/home-page.tsx'
import { ProblemPage } from './pages/problem-page.tsx'
import { useServices } from './services.tsx'
import { CrashBoundary } from './ui/crash-boundary.tsx'
import { useReadable } from './use-readable.ts'

/** The page of the current location, and the dialogs and messages over it. */
export function App() {
  const { host, me, theme } = useServices()
  const [renaming, setRenaming] = useState(false)
  const page = useReadable(host.page)
  const nameUnasked = useReadable(me).kind === 'suggested' && page.kind === 'document'
  return (
    <Tooltip.Provider delay={400}>
      <CrashBoundary key={page.kind === 'document' ? page.session.id : page.kind}>
        <CurrentPage onRename={() => setRenaming(true)} />
      </CrashBoundary>
      <NameDialog open={renaming || nameUnasked} onClose={() => setRenaming(false)} />
      <Toaster theme={useReadable(theme)} position="bottom-center" />
    </Tooltip.Provider>
  )
}

function CurrentPage({ onRename }: { readonly onRename: () => void }) {
  const page = useReadable(useServices().host.page)
  switch (page.kind) {
    case 'home':
      return <HomePage onRename={onRename} />
    case 'document':
      return <DocumentPage key={page.session.id} session={page.session} onRename={onRename} />
    case 'badName':
      return <ProblemPage title="No document has this name" detail={docNameMessage(page.problem)} />
    case 'nowhere':
      return (
        <ProblemPage title="There is nothing here" detail={`No page is at ${page.pathname}.`} />
      )
    default:
      return assertNever(page)
  }
}
