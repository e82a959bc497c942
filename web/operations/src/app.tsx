import { Tooltip } from '@base-ui/react/tooltip'
import { CrashBoundary } from '@quire/editor/ui/crash-boundary.tsx'
import { useReadable } from '@quire/editor/use-readable.ts'
import { useEffect, useRef } from 'react'
import { Route, Router, Switch, useLocation } from 'wouter'
import { useHashLocation } from 'wouter/use-hash-location'

import { DocumentView } from './documents/document-view.tsx'
import { DocumentsView } from './documents/documents-view.tsx'
import { Door } from './door.tsx'
import { OverviewView } from './overview/overview-view.tsx'
import { PlaceContext, useServices } from './services.tsx'
import { TroubleView } from './trouble/trouble-view.tsx'
import { OperationsHeader } from './ui/operations-header.tsx'

/** The page for whoever is let in, and the door for everybody else. */
export function App() {
  const session = useReadable(useServices().session)
  return (
    <Tooltip.Provider delay={400}>
      {/* oxlint-disable-next-line react/hooks -- the router is given its hook by this */}
      <Router hook={useHashLocation}>
        <div className="page">
          <OperationsHeader session={session} />
          <CrashBoundary key={session.kind}>
            {session.kind === 'in' ? (
              <PlaceContext value={session}>
                <Views />
              </PlaceContext>
            ) : (
              <Door session={session} />
            )}
          </CrashBoundary>
        </div>
      </Router>
    </Tooltip.Provider>
  )
}

function Views() {
  const [location] = useLocation()
  const main = useRef<HTMLElement>(null)
  const shown = useRef(location)
  useEffect(() => {
    if (shown.current === location) return
    shown.current = location
    main.current?.focus() // who reads by ear hears the new view, and a long one begins at its top
    scrollTo(0, 0)
  }, [location])
  return (
    <main id="main" ref={main} tabIndex={-1} className="content">
      <Switch>
        <Route path="/">
          <OverviewView />
        </Route>
        <Route path="/documents">
          <DocumentsView />
        </Route>
        <Route path="/documents/*?">
          {({ '*': name = '' }) => <DocumentView key={name} name={nameOf(name)} />}
        </Route>
        <Route path="/trouble">
          <TroubleView />
        </Route>
        <Route>
          <h1 className="text-xl font-semibold">There is nothing here</h1>
        </Route>
      </Switch>
    </main>
  )
}

const nameOf = (raw: string): string => {
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw // somebody has written it into the address bar
  }
}
