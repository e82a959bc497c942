import { cuttingRules } from './cutting.ts'
import { endingRules } from './ending.ts'
import type { OfflineRule } from './fixture.ts'
import { growingRules } from './growing.ts'
import { keepingRules } from './keeping.ts'
import { sharingRules } from './sharing.ts'

/** All rules of contract.ts. */
export const offlineRules: readonly OfflineRule[] = [
  ...keepingRules,
  ...sharingRules,
  ...endingRules,
  ...growingRules,
  ...cuttingRules,
]
