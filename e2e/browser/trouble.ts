import type { Page } from 'playwright/test'

/** What went wrong in a page without any test asking: console errors, failed requests, CSP, alerts. */
export interface Trouble {
  /** Everything so far that was not expected. */
  readonly list: readonly string[]
  /** What was expected and came. */
  readonly met: readonly string[]
  /** From now on, trouble that matches is part of the test. */
  expect(pattern: RegExp): void
  /** Hears nothing more: a page that is being closed aborts its requests. */
  stop(): void
}

/** Chromium's words for a connection that was refused, reset or cut off. */
export const lostConnection =
  /ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|closed before the connection is established|Connection closed before receiving a handshake response|unknown error occurred when fetching the script/

/** Listens to a page from its first request on. */
export const watchTrouble = async (page: Page): Promise<Trouble> => {
  const list: string[] = []
  const met: string[] = []
  const expected: RegExp[] = []
  let heard = true
  const note = (text: string): void => {
    if (!heard) return
    if (expected.some((pattern) => pattern.test(text))) met.push(text)
    else list.push(text)
  }
  // Chromium reports most violations on the console, but not those of report-only and of frames.
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (violation) => {
      console.error(`CSP: ${violation.violatedDirective} ${violation.blockedURI}`)
    })
  })
  page.on('console', (message) => {
    const isTrouble = message.type() === 'error' || message.type() === 'warning'
    if (isTrouble) note(`console ${message.type()}: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => note(`uncaught: ${error.stack ?? error.message}`))
  page.on('dialog', (dialog) => {
    note(`dialog ${dialog.type()}: ${dialog.message()}`)
    const answer = dialog.type() === 'beforeunload' ? dialog.accept() : dialog.dismiss()
    answer.catch(() => undefined) // the page was closed before it was answered
  })
  page.on('crash', () => note('the page crashed'))
  page.on('requestfailed', (request) => {
    const error = request.failure()?.errorText
    // Leaving a page aborts what it was still loading.
    if (error !== 'net::ERR_ABORTED') note(`request failed: ${request.url()} ${error}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) note(`answered ${response.status()}: ${response.url()}`)
  })
  return {
    list,
    met,
    expect: (pattern) => void expected.push(pattern),
    stop: () => void (heard = false),
  }
}
