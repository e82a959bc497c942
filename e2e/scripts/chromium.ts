import { existsSync } from 'node:fs'
import { chromium } from 'playwright'
import { run } from './run.ts'

const DEBIAN = '/usr/bin/chromium'

/** The browser that tests drive: Debian's where it is installed, else Playwright's own if it is; else null. */
export const findChromium = (): string | null =>
  [DEBIAN, chromium.executablePath()].find((path) => existsSync(path)) ?? null

/** Finds or installs a browser; resolves with the command to run by hand where it could not. */
export const provideChromium = async (): Promise<{ missing: string } | null> => {
  if (findChromium() !== null) return null
  const isDebian = existsSync('/usr/bin/apt-get')
  if (isDebian && process.getuid?.() === 0) {
    await run('apt-get', ['update', '-q'])
    await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'chromium'], {
      DEBIAN_FRONTEND: 'noninteractive',
    })
    return findChromium() === null ? { missing: 'apt-get install -y chromium' } : null
  }
  await run('playwright', ['install', 'chromium'])
  if (findChromium() !== null) return null
  return {
    missing: isDebian ? 'sudo apt-get install -y chromium' : 'npx playwright install chromium',
  }
}
