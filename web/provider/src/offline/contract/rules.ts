import { cuttingRules } from './cutting.ts'
import { endingRules } from './ending.ts'
import type { OfflineRule } from './fixture.ts'
import { growingRules } from './growing.ts'
import { keepingRules } from './keeping.ts'
import { sharingRules } from './sharing.ts'

export { labelled, labelsIn, turn } from './fixture.ts'
export type { MakeOffline, OfflineRule, OfflineTab, OfflineUnderTest } from './fixture.ts'

/** All rules of contract.ts; beside the examples they play `lives` random ones. */
export const offlineRules = (lives = 15): readonly OfflineRule[] => [
  ...keepingRules,
  ...sharingRules,
  ...endingRules,
  ...growingRules,
  ...cuttingRules(lives),
]
