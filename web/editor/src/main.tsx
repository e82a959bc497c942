import 'wouter/use-browser-location' // makes pushState and replaceState dispatch events
import { millis } from '@quire/shared'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { App } from './app.tsx'
import { createDevice } from './device/device.ts'
import { keepShell } from './device/keep-shell.ts'
import { createMyIdentity } from './identity/me.ts'
import { isBegun } from './navigation/begin.ts'
import { placeAt } from './navigation/place.ts'
import { createSessionHost } from './navigation/session-host.ts'
import type { SessionHost } from './navigation/session-host.ts'
import { createRecents, recentsKey } from './recents/recents.ts'
import type { Recents } from './recents/recents.ts'
import { ServicesContext } from './services.tsx'
import { quireSessions } from './session/quire-session.ts'
import { browserStorage } from './storage.ts'
import { createThemeChoice } from './theme/theme.ts'
import './styles/index.css'

function start(root: HTMLElement): void {
  const storage = browserStorage()
  const me = createMyIdentity(storage, Math.random)
  const recents = createRecents(storage)
  const theme = createThemeChoice(storage, document.documentElement)
  const device = createDevice()
  const host = createSessionHost({
    open: quireSessions({ serverUrl: location.origin, device, random: Math.random }),
    me,
    recents,
    now: () => millis(Date.now()),
  })
  followLocation(host)
  followPage(host, recents)
  createRoot(root).render(
    <StrictMode>
      <ServicesContext value={{ host, me, recents, theme, device }}>
        <App />
      </ServicesContext>
    </StrictMode>,
  )
}

function followLocation(host: SessionHost): void {
  const follow = (): void => host.go(placeAt(location.pathname), isBegun(history.state))
  for (const event of ['popstate', 'pushState', 'replaceState']) addEventListener(event, follow)
  follow()
}

function followPage(host: SessionHost, recents: Recents): void {
  addEventListener('pagehide', host.suspend)
  addEventListener('pageshow', (event) => {
    if (event.persisted) host.resume()
  })
  addEventListener('beforeunload', (event) => {
    if (host.holdsOnlyCopy()) event.preventDefault()
  })
  addEventListener('storage', (event) => {
    if (event.key === recentsKey) recents.reload()
  })
}

const root = document.querySelector<HTMLElement>('#root')
if (root === null) throw new Error('index.html has no #root')
start(root)
keepShell()
