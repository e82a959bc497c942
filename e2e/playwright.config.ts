import { existsSync } from 'node:fs'
import { defineConfig, type ReporterDescription } from 'playwright/test'

/** Debian's Chromium where it is installed; elsewhere the one Playwright downloaded. */
const systemChromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)

const jsonFile = process.env['PLAYWRIGHT_JSON_OUTPUT_NAME']
const reporter: ReporterDescription[] = [['list']]
if (jsonFile !== undefined && jsonFile !== '') reporter.push(['json', { outputFile: jsonFile }])

export default defineConfig({
  testDir: 'browser',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  forbidOnly: process.env['CI'] !== undefined,
  // They wait more than they work; each has servers and browsers of its own.
  workers: 2,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter,
  use: {
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(systemChromium === undefined ? {} : { executablePath: systemChromium }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
