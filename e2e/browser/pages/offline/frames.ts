/* Frames of this page as tabs: each has a realm, a connection, locks and channels of its own. */
import { turn, type MakeOffline } from '@quire/provider/testing'

/** A device whose tabs are frames of this page; a frame that is removed is a tab that has crashed. */
export const framedDevice: MakeOffline = async () => {
  const name = `frames-${crypto.randomUUID()}`
  const frames: HTMLIFrameElement[] = []
  return {
    crashesAlone: true,
    pass: () => turn(),
    tab: async () => {
      const frame = document.createElement('iframe')
      frame.src = location.href
      frames.push(frame)
      const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
      document.body.append(frame)
      await loaded
      const store = frame.contentWindow?.offline.store(name)
      if (store === undefined) throw new Error('the frame has no store')
      return { store, crash: async () => frame.remove() }
    },
    dispose: async () => {
      for (const frame of frames) frame.remove()
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name)
        request.addEventListener('success', resolve)
        request.addEventListener('error', reject)
      })
    },
  }
}
