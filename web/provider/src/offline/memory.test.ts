import { offlineContract } from './contract.ts'
import { mortalDevice } from './testing/mortal.ts'

offlineContract('the memory store', async () => mortalDevice(), 150)
