import type { TextStorage } from '../storage.ts'
import { createStore } from '../store.ts'
import type { Readable } from '../store.ts'

/** How the page is lit; `system` follows the operating system. */
export type Theme = 'system' | 'light' | 'dark'

const following: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }

/** The theme that the toggle switches to from `theme`. */
export function nextTheme(theme: Theme): Theme {
  return following[theme]
}

/** The chosen theme, applied to the page and stored. */
export interface ThemeChoice extends Readable<Theme> {
  choose: (theme: Theme) => void
}

// public/theme.js reads the same key before the first paint.
const storageKey = 'quire:theme'

/** Reads the stored theme; `page` is the root element that carries `data-theme`. */
export function createThemeChoice(storage: TextStorage, page: HTMLElement): ThemeChoice {
  const store = createStore<Theme>(parseTheme(storage.getItem(storageKey)))
  return {
    ...store,
    choose: (theme) => {
      if (theme === 'system') delete page.dataset['theme']
      else page.dataset['theme'] = theme
      storage.setItem(storageKey, theme)
      store.set(theme)
    },
  }
}

function parseTheme(stored: string | null): Theme {
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}
