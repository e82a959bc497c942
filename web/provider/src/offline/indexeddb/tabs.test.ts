import { afterEach, describe, expect, it, vi } from 'vitest'
import { settled } from '../testing/manual-clock.ts'
import { joinTabs } from './tabs.ts'

const { locks } = navigator

const join = () => joinTabs('tests')('notes', () => undefined)

const namesHeld = async (): Promise<readonly (string | undefined)[]> => {
  const { held = [] } = await locks.query()
  return held.map(({ name }) => name).filter((name) => name?.startsWith('quire 1 tests'))
}

describe('one who cannot join the other tabs', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  it('holds nothing afterwards if there can be no channel', async () => {
    vi.stubGlobal('BroadcastChannel', function denied() {
      throw new DOMException('denied', 'SecurityError')
    })
    expect(await join()).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    await settled()
    expect(await namesHeld()).toEqual([])
  })

  it('holds nothing afterwards, and hears nothing, if it cannot see who is there', async () => {
    const close = vi.spyOn(BroadcastChannel.prototype, 'close')
    vi.spyOn(locks, 'query').mockRejectedValueOnce(new DOMException('gone', 'InvalidStateError'))
    expect(await join()).toMatchObject({ ok: false, error: { kind: 'io' } })
    await settled()
    expect([await namesHeld(), close.mock.calls.length]).toEqual([[], 1])
  })
})
