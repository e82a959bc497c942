import type { BrowserContext } from 'playwright/test'
import type { Notes } from './notes.ts'

/** Holds back the client tokens of a page until they are released. */
export const holdTokens = async ({ page }: Notes): Promise<{ release(): void }> => {
  const released = Promise.withResolvers<void>()
  await page.route('**/client-token*', async (route) => {
    await released.promise
    await route.continue()
  })
  return { release: released.resolve }
}

/** Holds back what the pages of a browser read from its store, as of a slow disk, until it is released. */
export const holdStore = async (
  context: BrowserContext,
): Promise<{ release(notes: Notes): Promise<void> }> => {
  await context.addInitScript(() => {
    const { promise, resolve } = Promise.withResolvers<Event>()
    addEventListener('store-released', resolve)
    // y-sweet's store is encrypted
    const { decrypt } = SubtleCrypto.prototype
    SubtleCrypto.prototype.decrypt = async function held(...sealed) {
      await promise
      return decrypt.apply(this, sealed)
    }
  })
  return {
    release: async ({ page }) => {
      await page.evaluate(() => dispatchEvent(new Event('store-released')))
    },
  }
}
