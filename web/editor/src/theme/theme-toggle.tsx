import { Monitor, Moon, Sun } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'

import { Tip } from '../ui/tip.tsx'
import { useReadable } from '../use-readable.ts'
import { nextTheme } from './theme.ts'
import type { Theme, ThemeChoice } from './theme.ts'

const icons: Record<Theme, LucideIcon> = { system: Monitor, light: Sun, dark: Moon }

/** Goes through the themes: system, light, dark. */
export function ThemeToggle({ theme }: { readonly theme: ThemeChoice }) {
  const chosen = useReadable(theme)
  const Icon = icons[chosen]
  const label = `Theme: ${chosen}`
  return (
    <Tip label={label}>
      <button
        type="button"
        className="icon-button"
        data-testid="theme-toggle"
        data-theme-choice={chosen}
        aria-label={`${label}. Switch to ${nextTheme(chosen)}`}
        onClick={() => theme.choose(nextTheme(chosen))}
      >
        <Icon size={18} />
      </button>
    </Tip>
  )
}
