import { offlineContract } from './contract.ts'
import { createOfflineMemory } from './memory.ts'
import { mortalTab, type MortalTab } from './testing/mortal.ts'

offlineContract('the memory store', async () => {
  const memory = createOfflineMemory()
  const tabs: MortalTab[] = []
  return {
    crashesAlone: true,
    tab: async () => {
      const tab = mortalTab(memory)
      tabs.push(tab)
      return tab
    },
    dispose: async () => {
      for (const tab of tabs) await tab.crash()
    },
  }
})
