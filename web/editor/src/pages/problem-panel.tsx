import { FileWarning } from 'lucide-react'
import { Link } from 'wouter'

/** A page that cannot show what was asked for: why, and the way back. */
export function ProblemPanel({ title, detail, action }: ProblemPanelProps) {
  return (
    <main id="main" className="problem" tabIndex={-1}>
      <FileWarning size={36} strokeWidth={1.5} aria-hidden="true" className="text-danger" />
      <h1 className="text-xl font-semibold text-balance">{title}</h1>
      <p className="max-w-prose text-ink-soft wrap-anywhere">{detail}</p>
      <div className="mt-2 flex flex-wrap justify-center gap-2">
        {action !== undefined && (
          <button type="button" className="button button--primary" onClick={action.run}>
            {action.label}
          </button>
        )}
        <Link href="/" className="button">
          All documents
        </Link>
      </div>
    </main>
  )
}

interface ProblemPanelProps {
  readonly title: string
  readonly detail: string
  readonly action?: { readonly label: string; readonly run: () => void }
}
