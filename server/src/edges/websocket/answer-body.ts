/** Longest answer that is given to an upgrade request; refusals are sentences, not documents. */
const ANSWER_BYTES = 1024 * 1024

/**
 * Reads the body of an app's answer whole; null if it is over 1 MiB. It ends short when `over` fires,
 * and the app's stream is told so. Throws what the app's stream throws while it is read.
 */
export const readAnswer = async (
  { body }: Response,
  over: AbortSignal,
  onBug: (error: Error) => void,
): Promise<Uint8Array | null> => {
  if (body === null) return new Uint8Array()
  const reader = body.getReader()
  const stop = (): Promise<void> =>
    reader.cancel().catch((cause: unknown) => {
      onBug(new Error('the body of an answer could not be cancelled', { cause }))
    })
  over.addEventListener('abort', () => void stop())
  const chunks: Uint8Array[] = []
  for (let size = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(chunks)
    size += value.byteLength
    if (size > ANSWER_BYTES) {
      await stop()
      return null
    }
    chunks.push(value)
  }
}
