/* An application of @quire/provider/react. How it is opened stands in its address. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no root')
const asked = new URLSearchParams(location.search)
createRoot(root).render(
  <StrictMode>
    <App
      url={asked.get('server') ?? ''}
      name={asked.get('name') ?? ''}
      first={asked.get('doc') ?? ''}
      token={asked.get('token')}
      ownsDocument={asked.has('owns')}
    />
  </StrictMode>,
)
