import { describe, expect, it } from 'vitest'
import { offlineContract } from './contract.ts'
import { keptIn, labelled, openIn, unwrap } from './contract/fixture.ts'
import { createOfflineMemory, type OfflineMemory } from './memory.ts'
import { encryptWith } from './sealing.ts'
import { mortalDevice, mortalTab } from './testing/mortal.ts'
import { unheard } from './store.ts'

const newKey = (usages: KeyUsage[] = ['encrypt', 'decrypt']): Promise<CryptoKey> =>
  crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, usages)

type Row = ReturnType<OfflineMemory['rows']['get']> & object

offlineContract('an encrypted store', async () =>
  mortalDevice({ keeping: encryptWith(await newKey()) }),
)

/** A memory in which a tab has kept something, encrypted. */
const sealedMemory = async (key: CryptoKey) => {
  const memory = createOfflineMemory()
  const tab = mortalTab(memory, { keeping: encryptWith(key) })
  const { document } = await openIn(tab, 'salaries')
  document.changedHere(labelled('secret'))
  document.changedThere(labelled('also secret'))
  await document.close()
  return memory
}

const problemOf = async (tab: ReturnType<typeof mortalTab>) => {
  const [opened, listed] = [await tab.store.open('salaries', unheard), await tab.store.documents()]
  expect(listed.ok ? null : listed.error).toEqual(opened.ok ? null : opened.error)
  return opened.ok ? null : opened.error
}

describe('an encrypted store', () => {
  it('shows neither content nor names to who looks at the device', async () => {
    const { rows, note } = await sealedMemory(await newKey())
    const all: Uint8Array[] = []
    for (const [key, { label, contents }] of rows) {
      all.push(Buffer.from(key), label)
      for (const { bytes } of [...contents.log, ...contents.unsaved]) all.push(bytes)
    }
    expect(all).toHaveLength(4)
    for (const bytes of [...all, note ?? Buffer.alloc(0)])
      expect(Buffer.from(bytes).toString('latin1')).not.toMatch(/secret|salaries|labels/)
  })

  it('says so where the key is another one, is missing, or is of no use; and is not harmed', async () => {
    const key = await newKey()
    const memory = await sealedMemory(key)
    expect(await problemOf(mortalTab(memory, { keeping: encryptWith(await newKey()) }))).toEqual({
      kind: 'broken',
      message: 'the offline store of this device is encrypted with another key than the one given',
    })
    expect(await problemOf(mortalTab(memory))).toEqual({
      kind: 'broken',
      message: 'the offline store of this device is encrypted, and opens with its key only',
    })
    expect(
      await problemOf(mortalTab(memory, { keeping: encryptWith(await newKey(['decrypt'])) })),
    ).toEqual({
      kind: 'broken',
      message: expect.stringMatching(/^the offline store .* key that was given: /) as unknown,
    })
    const again = await keptIn(mortalTab(memory, { keeping: encryptWith(key) }), 'salaries')
    expect(again).toMatchObject({ labels: ['also secret', 'secret'], unsaved: ['secret'] })
  })

  it('is not what an open store becomes with a key', async () => {
    const memory = createOfflineMemory()
    const { document } = await openIn(mortalTab(memory), 'salaries')
    document.changedHere(labelled('open'))
    await document.close()
    expect(await problemOf(mortalTab(memory, { keeping: encryptWith(await newKey()) }))).toEqual({
      kind: 'broken',
      message: 'the offline store of this device is not encrypted, and opens without a key only',
    })
  })

  it('is of a newer version if its note is of no known kind', async () => {
    const memory = createOfflineMemory()
    memory.note = Uint8Array.of(7)
    expect(await problemOf(mortalTab(memory))).toMatchObject({ kind: 'newer' })
    expect(
      await problemOf(mortalTab(memory, { keeping: encryptWith(await newKey()) })),
    ).toMatchObject({
      kind: 'newer',
    })
  })

  it('does not take what was changed, or belongs to another document', async () => {
    const key = await newKey()
    for (const spoil of ['flip', 'swap'] as const) {
      const memory = await sealedMemory(key)
      const tab = mortalTab(memory, { keeping: encryptWith(key) })
      const other = (await openIn(tab, 'other')).document
      other.changedThere(labelled('theirs'))
      unwrap(await other.flush())
      const [[name, mine], [, theirs]] = [...memory.rows] as [[string, Row], [string, Row]] // two documents
      if (spoil === 'flip') mine.contents.log[0]?.bytes.fill(1, 20, 21)
      else
        memory.rows.set(name, { ...mine, contents: { ...mine.contents, log: theirs.contents.log } })
      const opened = await tab.store.open('salaries', unheard)
      expect(opened.ok ? null : opened.error).toEqual({
        kind: 'broken',
        message: 'the offline store of this device has something of salaries that does not decrypt',
      })
      expect((await openIn(tab, 'other')).labels()).toEqual(['theirs'])
    }
  })
})
