import {
  decodeNotice,
  decodeRequest,
  encodeChannelNotice,
  encodeConnectionNotice,
  type Ending,
} from '@quire/shared'
import type { Page, WebSocketRoute } from 'playwright/test'

/** Where the editor's documents are served. */
const SYNC = /\/sync$/

/** A page's sockets, held between the page and the server. */
export interface HeldSockets {
  /** How many messages of the server wait. */
  waiting(): number
  /** Lets the server's messages through, those that wait first. */
  release(): void
  /** Ends the page's documents as a server would that does not want them back. */
  close(code: number, reason: string): Promise<void>
}

const bytesOf = (message: string | Buffer): Uint8Array =>
  typeof message === 'string' ? new TextEncoder().encode(message) : message

const endingOf = (code: number, reason: string): Ending => ({
  code,
  reason,
  advice: 'stop',
  waitMs: 0,
})

const channelIn = (message: string | Buffer): number | null => {
  const notice = decodeNotice(bytesOf(message))
  return notice.ok && notice.value.channel > 0 ? notice.value.channel : null
}

/** Holds back what answers this page's questions until it is released. */
export const holdAnswers = async (page: Page): Promise<HeldSockets> => {
  let held = true
  const waiting: (() => void)[] = []
  const open = new Map<WebSocketRoute, Set<number>>()
  await page.routeWebSocket(SYNC, (route) => {
    const channels = new Set<number>()
    open.set(route, channels)
    const server = route.connectToServer()
    server.onMessage((message) => {
      const channel = channelIn(message)
      if (channel !== null) channels.add(channel)
      const notice = decodeNotice(bytesOf(message))
      const isAnswer = notice.ok && notice.value.message.kind === 'answer'
      if (held && isAnswer) waiting.push(() => route.send(message))
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
      for (const [route, channels] of open)
        for (const channel of channels) route.send(closedOn(channel, code, reason))
    },
  }
}

const closedOn = (channel: number, code: number, reason: string): Buffer =>
  Buffer.from(encodeChannelNotice(channel, { kind: 'closed', ...endingOf(code, reason) }))

/** Answers this page instead of a server: each of its documents is refused. Tells how many were. */
export const refuseAll = async (
  page: Page,
  { code, reason }: { readonly code: number; readonly reason: string },
): Promise<{ readonly refused: () => number }> => {
  let refused = 0
  await page.routeWebSocket(SYNC, (route) => {
    route.send(
      Buffer.from(
        encodeConnectionNotice({
          kind: 'hello',
          revision: 1,
          beatMs: 10_000,
          messageBytes: 1_000_000,
          documents: 10,
          spreadMs: 0,
        }),
      ),
    )
    route.onMessage((message) => {
      const request = decodeRequest(bytesOf(message))
      if (!request.ok || request.value.message.kind !== 'open') return
      refused++
      route.send(closedOn(request.value.channel, code, reason))
    })
  })
  return { refused: () => refused }
}
