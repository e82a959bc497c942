import { ThemeToggle } from '@quire/editor/theme/theme-toggle.tsx'
import { Logo } from '@quire/editor/ui/logo.tsx'
import { Tip } from '@quire/editor/ui/tip.tsx'
import { Activity, FileText, LogOut, TriangleAlert } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import { Link, useLocation } from 'wouter'

import { useServices } from '../services.tsx'
import type { Session } from '../session/session.ts'
import { LineState } from './line-state.tsx'

const TABS: readonly { readonly to: string; readonly label: string; readonly Icon: LucideIcon }[] =
  [
    { to: '/', label: 'Overview', Icon: Activity },
    { to: '/documents', label: 'Documents', Icon: FileText },
    { to: '/trouble', label: 'Trouble', Icon: TriangleAlert },
  ]

/** The bar at the top: where one is, how old what is shown is, and the way out. */
export function OperationsHeader({ session }: { readonly session: Session }) {
  const { theme, session: sessions } = useServices()
  const [location] = useLocation()
  return (
    <header className="header ops-header">
      <a
        href="#main"
        className="skip-link"
        onClick={(event) => {
          event.preventDefault() // the fragment is this page's own
          document.querySelector<HTMLElement>('#main')?.focus()
        }}
      >
        Skip to the figures
      </a>
      <span className="header__home">
        <Logo size={26} />
        <span className="text-lg font-semibold tracking-tight">Operations</span>
      </span>
      {session.kind === 'in' && (
        <nav className="tabs" aria-label="Views">
          {TABS.map(({ to, label, Icon }) => (
            <Link
              key={to}
              href={to}
              className="tab"
              aria-current={isAt(location, to) ? 'page' : undefined}
            >
              <Icon size={16} aria-hidden="true" />
              {label}
            </Link>
          ))}
        </nav>
      )}
      <div className="ml-auto flex items-center gap-1">
        {session.kind === 'in' && <LineState live={session.live} />}
        <ThemeToggle theme={theme} />
        {session.kind === 'in' && session.hasToken && (
          <Tip label="Forget the token">
            <button
              type="button"
              className="icon-button"
              aria-label="Forget the token"
              onClick={sessions.logOut}
            >
              <LogOut size={18} />
            </button>
          </Tip>
        )}
      </div>
    </header>
  )
}

const isAt = (location: string, to: string): boolean =>
  to === '/' ? location === '/' : location === to || location.startsWith(`${to}/`)
