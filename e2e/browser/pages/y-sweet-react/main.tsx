/* An application of @y-sweet/react, served from an origin of its own. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { readSetup } from './setup.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no root')
createRoot(root).render(
  <StrictMode>
    <App setup={readSetup(location.search)} />
  </StrictMode>,
)
