import { storageContract } from './contract.ts'
import { createMemory, createMemoryStorage } from './memory.ts'

storageContract('memory storage', async () => {
  const memory = createMemory()
  let newest = createMemoryStorage(memory)
  return {
    storage: newest,
    reopen: async () => {
      await newest.close()
      newest = createMemoryStorage(memory)
      return newest
    },
    dispose: () => newest.close(),
  }
})
