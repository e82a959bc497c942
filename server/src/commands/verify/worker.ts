/* A thread that checks documents, one after another, on a connection of its own. It is told the file first, then ids. */
import { parentPort } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { checkDocument } from './check-document.ts'
import { documentReader, type StoredDocument } from './stored-document.ts'

let read: ((id: number) => StoredDocument) | null = null

parentPort?.on('message', (told: string | number) => {
  if (typeof told === 'string') {
    read = documentReader(
      new Database(told, { readonly: true, fileMustExist: true, timeout: 5_000 }),
    )
    return
  }
  if (read === null) throw new Error(`asked for document ${told} before a file was told`)
  parentPort?.postMessage(checkDocument(told, read(told)))
})
