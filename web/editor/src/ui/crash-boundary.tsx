import { Component } from 'react'
import type { ReactNode } from 'react'

type Crash = { kind: 'none' } | { kind: 'crashed'; message: string }

/** Shows a way on when a component throws, instead of an empty page. */
export class CrashBoundary extends Component<{ readonly children: ReactNode }, Crash> {
  override state: Crash = { kind: 'none' }

  static getDerivedStateFromError(error: unknown): Crash {
    return { kind: 'crashed', message: error instanceof Error ? error.message : String(error) }
  }

  override render(): ReactNode {
    if (this.state.kind === 'none') return this.props.children
    return (
      <main className="problem" role="alert">
        <h1 className="text-xl font-semibold">Something broke on this page.</h1>
        <p className="max-w-prose text-ink-soft wrap-anywhere">{this.state.message}</p>
        <button type="button" className="button button--primary" onClick={() => location.reload()}>
          Reload
        </button>
      </main>
    )
  }
}
