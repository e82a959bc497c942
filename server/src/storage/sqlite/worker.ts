import { type MessagePort, parentPort } from 'node:worker_threads'
import { assertNever } from '@quire/shared'
import type { FromThread, ThreadOptions, ToThread } from './messages.ts'
import { transfersOf } from './packed.ts'
import { openService, type Service } from './service.ts'

/*
 * The body of both storage threads. One message is one operation, handled to its end before the
 * next is looked at: the port's queue is what serialises the callers.
 */

const serve = (port: MessagePort): void => {
  let service: Service | null = null

  const tell = (message: FromThread, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer)

  const open = (options: ThreadOptions): void => {
    const opened = openService(options, (event) => tell({ kind: 'migration', event }))
    if (opened.ok) {
      service = opened.value
      tell({ kind: 'ready' })
    } else {
      tell({ kind: 'refused', problem: opened.error })
      port.close() // nothing else keeps the thread alive
    }
  }

  const answer = (id: number, op: string, ask: unknown): void => {
    const handle = service?.handlers[op]
    if (!service || !handle) throw new Error(`storage thread cannot ${op}, asked with id ${id}`)
    const result = handle(ask)
    tell({ kind: 'answer', id, result }, result.ok ? transfersOf(result.value) : [])
    const checkpointed = service.afterAnswer()
    if (checkpointed) tell({ kind: 'checkpointed', checkpointed })
  }

  port.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'open':
        return open(message.options)
      case 'ask':
        return answer(message.id, message.op, message.ask)
      case 'close':
        service?.close()
        return port.close()
      default:
        return assertNever(message)
    }
  })
}

if (!parentPort) throw new Error('worker.ts is the body of a storage thread, not a program')
serve(parentPort)
