import { useServices } from '../services.tsx'
import { ThemeToggle } from '../theme/theme-toggle.tsx'
import { Header } from '../ui/header.tsx'
import { ProblemPanel } from './problem-panel.tsx'

/** A whole page for an address that leads to no document. */
export function ProblemPage({
  title,
  detail,
}: {
  readonly title: string
  readonly detail: string
}) {
  const { theme } = useServices()
  return (
    <div className="page">
      <title>{`${title} – Quire`}</title>
      <Header>
        <ThemeToggle theme={theme} />
      </Header>
      <ProblemPanel title={title} detail={detail} />
    </div>
  )
}
