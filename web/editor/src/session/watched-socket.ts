/** Who watches the frames of a provider's sockets. */
export interface SocketWatcher {
  /** A new socket takes the place of the last. */
  opened: () => void
  /** A frame is being sent; returns the frame to send behind it, or null. */
  sent: (frame: Uint8Array) => Uint8Array<ArrayBuffer> | null
  /** A frame arrived; to be heard before the provider acts on it. */
  heard: (frame: Uint8Array) => void
}

/** A `WebSocket` class for one provider, which has one socket at a time, that tells `watcher`. */
export function watchedSocket(watcher: SocketWatcher): typeof WebSocket {
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      watcher.opened()
      this.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (data instanceof ArrayBuffer) watcher.heard(new Uint8Array(data))
      })
    }

    override send(data: Parameters<WebSocket['send']>[0]): void {
      const behind = data instanceof Uint8Array ? watcher.sent(data) : null
      super.send(data)
      if (behind !== null) super.send(behind)
    }
  }
}
