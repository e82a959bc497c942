import type WebSocket from 'ws'

/** Pongs that may wait for the operating system; ws ends the connection at 60 without a word. */
const PONGS_IN_FLIGHT = 64

/**
 * Answers pings. A peer that pings and does not read costs a fixed amount of memory: past 64 pongs
 * under way only the latest ping is remembered, which RFC 6455 §5.5.3 allows.
 */
export const answerPings = (ws: WebSocket): void => {
  let inFlight = 0
  let latest: Buffer | null = null

  const pong = (content: Buffer): void => {
    if (ws.readyState !== ws.OPEN) return
    inFlight++
    ws.pong(content, false, () => {
      inFlight--
      if (latest === null) return
      const owed = latest
      latest = null
      pong(owed)
    })
  }

  ws.on('ping', (content: Buffer) => {
    const own = Buffer.from(content) // `content` is a view that would pin its whole TCP chunk
    if (inFlight < PONGS_IN_FLIGHT) pong(own)
    else latest = own
  })
}
