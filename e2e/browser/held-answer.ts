import type { Page, WebSocketRoute } from 'playwright/test'

/** A page's sockets, held between the page and the server. */
export interface HeldSockets {
  /** How many messages of the server wait. */
  waiting(): number
  /** Lets the server's messages through, those that wait first. */
  release(): void
  /** Closes the page's sockets as a server would. */
  close(code: number, reason: string): Promise<void>
}

/** Holds back what the server says to this page's documents until it is released. */
export const holdAnswers = async (page: Page): Promise<HeldSockets> => {
  let held = true
  const waiting: (() => void)[] = []
  const routes = new Set<WebSocketRoute>()
  await page.routeWebSocket(/\/yjs\//, (route) => {
    routes.add(route)
    const server = route.connectToServer()
    server.onMessage((message) => {
      if (held) waiting.push(() => route.send(message))
      else route.send(message)
    })
  })
  return {
    waiting: () => waiting.length,
    release: () => {
      held = false
      for (const send of waiting.splice(0)) send()
    },
    close: async (code, reason) => {
      await Promise.all([...routes].map((route) => route.close({ code, reason })))
      routes.clear()
    },
  }
}
