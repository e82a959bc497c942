/* Every scenario, in the order of the table. */
import { abuse } from './abuse.ts'
import { coldOpen } from './cold-open.ts'
import { comeBack } from './come-back.ts'
import { cursors } from './cursors.ts'
import { highestRate } from './highest-rate.ts'
import { kill } from './kill.ts'
import { manyRooms } from './many-rooms.ts'
import { oldDocument } from './old-document.ts'
import { openDocuments } from './open-documents.ts'
import { roomScenarios } from './room.ts'
import type { Scenario } from './scenario.ts'
import { slowReaders } from './slow-readers.ts'

export const scenarios: readonly Scenario[] = [
  ...roomScenarios,
  highestRate,
  manyRooms,
  oldDocument,
  coldOpen,
  openDocuments,
  comeBack,
  cursors,
  slowReaders,
  abuse,
  kill,
]
