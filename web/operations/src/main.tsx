import { browserStorage, memoryStorage } from '@quire/editor/storage.ts'
import type { TextStorage } from '@quire/editor/storage.ts'
import { createThemeChoice } from '@quire/editor/theme/theme.ts'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { App } from './app.tsx'
import { ServicesContext } from './services.tsx'
import { createSession } from './session/session.ts'
import { createTokenStore, takeToken } from './session/token.ts'
import { createTicking } from './ticking.ts'
import './styles/index.css'

/** Where the server is mounted: the page is at `admin/` below that. */
const mountedAt = (): string => location.href.replace(/[?#].*$/, '').replace(/\/admin\/.*$/, '')

/** As long as the tab; memory where the browser blocks that. */
function tabStorage(): TextStorage {
  try {
    sessionStorage.getItem('quire:operations-token')
    return sessionStorage
  } catch {
    return memoryStorage()
  }
}

function start(root: HTMLElement): void {
  const tokens = createTokenStore(tabStorage())
  const brought = takeToken(location.hash)
  if (brought !== null) {
    tokens.set(brought.token)
    // neither the address bar nor the history is to keep it
    history.replaceState(null, '', `${location.pathname}${location.search}${brought.hash}`)
  }
  const services = {
    session: createSession({ url: mountedAt(), tokens, now: Date.now }),
    theme: createThemeChoice(browserStorage(), document.documentElement),
    ticking: createTicking(Date.now),
  }
  createRoot(root).render(
    <StrictMode>
      <ServicesContext value={services}>
        <App />
      </ServicesContext>
    </StrictMode>,
  )
}

const root = document.querySelector<HTMLElement>('#root')
if (root === null) throw new Error('index.html has no #root')
start(root)
