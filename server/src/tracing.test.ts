/* Traces of a server in a process where somebody collects them. */
import { SpanStatusCode, trace } from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace-base'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as Y from 'yjs'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import { readConfig } from './config.ts'
import { serve } from './index.ts'
import type { Storage } from './ports/storage.ts'
import { until } from './runtime/testing/server.ts'
import { createMemoryStorage } from './storage/memory.ts'
import { withWeather } from './storage/testing/weather.ts'

const collect = (sampler: Sampler) => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({
    sampler,
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  })
  trace.setGlobalTracerProvider(provider)
  onTestFinished(() => trace.disable())
  return exporter
}

const start = async (storage: Storage = createMemoryStorage(), durability = 'ack') => {
  const config = readConfig({ port: '0', maxDrainMs: '1000', durability }, {})
  if (!config.ok) throw new Error(config.error.join())
  const server = await serve(config.value, { storage, observe: { event: () => undefined } })
  if (!server.ok) throw new Error(server.error)
  onTestFinished(async () => void (await server.value.close()))
  const connect = async () => {
    const doc = new Y.Doc()
    const url = `${server.value.url.replace('http', 'ws')}/yjs`
    const provider = new WebsocketProvider(url, 'team/notes', doc, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket, // the same, of npm
      disableBc: true,
    })
    onTestFinished(() => provider.destroy())
    await until('it is in', () => provider.synced)
    return { doc, provider, type: (text: string) => doc.getText('text').insert(0, text) }
  }
  return { url: server.value.url, connect }
}

/** The roots, each with what is below it. */
const treesOf = (exporter: InMemorySpanExporter) => {
  const spans = exporter.getFinishedSpans()
  return spans
    .filter(({ name }) => name === 'quire.update')
    .map((root) => ({
      root,
      children: spans.filter(
        ({ parentSpanContext }) => parentSpanContext?.spanId === root.spanContext().spanId,
      ),
    }))
}

const namesOf = (spans: readonly ReadableSpan[]) =>
  spans.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b))

describe('a traced change', () => {
  it.each(['ack', 'relay'])(
    'is a tree from its acceptance to the disk, the others and its author (%s)',
    async (durability) => {
      const exporter = collect(new AlwaysOnSampler())
      const { connect } = await start(createMemoryStorage(), durability)
      const [ann] = [await connect(), await connect()]
      ann.type('private words')
      await until('it is over', () => treesOf(exporter).length === 1)
      const [tree] = treesOf(exporter)
      expect(namesOf(tree?.children ?? [])).toEqual(['quire.ack', 'quire.commit', 'quire.relay'])
      expect(tree?.root.attributes).toEqual({
        'quire.document': 'team/notes',
        'quire.family': 'y-websocket',
        'quire.session': expect.any(Number) as unknown,
        'quire.bytes': expect.any(Number) as unknown,
      })
      const told = exporter.getFinishedSpans().map((span) => [span.name, span.attributes])
      expect(JSON.stringify(told)).not.toContain('private')
    },
  )

  it('has a commit for each attempt, and ends when it is on disk', async () => {
    const exporter = collect(new AlwaysOnSampler())
    const weather = withWeather(createMemoryStorage())
    const { connect } = await start(weather.storage)
    const ann = await connect()
    weather.fail('append', { kind: 'full', message: 'the disk is full' }, 1)
    ann.type('kept')
    await until('it is over', () => treesOf(exporter).length === 1)
    const commits = treesOf(exporter)[0]?.children.filter(({ name }) => name === 'quire.commit')
    expect(commits?.map(({ status }) => status)).toEqual([
      { code: SpanStatusCode.ERROR, message: 'the disk is full' },
      { code: SpanStatusCode.UNSET },
    ])
  })

  it('ends also where its author has gone', async () => {
    const exporter = collect(new AlwaysOnSampler())
    const weather = withWeather(createMemoryStorage())
    const { connect, url } = await start(weather.storage)
    const ann = await connect()
    weather.hold('append')
    ann.type('last words')
    await weather.called('append', 1)
    ann.provider.destroy()
    const sessions = async () => {
      const ready = await fetch(`${url}/health/ready`)
      return ((await ready.json()) as { readonly sessions: number }).sessions // health.ts
    }
    while ((await sessions()) > 0);
    weather.release('append')
    await until('it is over', () => treesOf(exporter).length === 1)
    expect(namesOf(treesOf(exporter)[0]?.children ?? [])).toEqual(['quire.commit'])
  })

  it('is none that the sampler leaves out, and none where nobody collects', async () => {
    const exporter = collect(new AlwaysOffSampler())
    const { connect } = await start()
    const [ann, ben] = [await connect(), await connect()]
    ann.type('unseen')
    await until('it has arrived', () => ben.doc.getText('text').length === 6)
    trace.disable()
    ann.type('seen')
    await until('it has arrived', () => ben.doc.getText('text').length === 10)
    expect(exporter.getFinishedSpans()).toEqual([])
  })
})
