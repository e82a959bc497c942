import type { ReactNode } from 'react'
import { Link } from 'wouter'

import { Logo } from './logo.tsx'

/** The bar at the top of every page; `children` are its controls on the right. */
export function Header({ title, children }: HeaderProps) {
  return (
    <header className="header">
      <a href="#main" className="skip-link">
        Skip to the text
      </a>
      <Link href="/" className="header__home" aria-label="Quire, all documents">
        <Logo size={26} />
        {title === undefined && <span className="text-lg font-semibold tracking-tight">Quire</span>}
      </Link>
      <div className="min-w-0 flex-1">
        {title !== undefined && (
          <p className="truncate text-sm font-medium" title={title}>
            <bdi>{title}</bdi>
          </p>
        )}
      </div>
      <div className="flex shrink-0 items-center gap-1.5">{children}</div>
    </header>
  )
}

interface HeaderProps {
  /** The document's title; the product's name is shown without one. */
  readonly title?: string
  readonly children: ReactNode
}
