import { describe, expect, it } from 'vitest'
import { parseTrace, readTrace } from './trace.ts'

const patches = [[0, 0, 'a']]

describe('parseTrace', () => {
  it('chains the transactions of a sequential trace', () => {
    const trace = parseTrace({
      startContent: '',
      endContent: 'aa',
      txns: [{ patches }, { patches }],
    })
    expect(trace).toEqual({
      ok: true,
      value: {
        agents: 1,
        endContent: 'aa',
        transactions: [
          { agent: 0, parents: [], patches },
          { agent: 0, parents: [0], patches },
        ],
      },
    })
  })

  const concurrent = (txns: unknown) => ({
    kind: 'concurrent',
    endContent: '',
    numAgents: 2,
    txns,
  })

  it.each([
    { json: [], error: 'it is not a JSON object' },
    { json: { txns: [] }, error: 'endContent is not text' },
    { json: { endContent: '' }, error: 'txns is not a list' },
    { json: { startContent: 'x', endContent: '', txns: [] }, error: 'startContent is not empty' },
    { json: { endContent: '', txns: [{ patches }, {}] }, error: 'transaction 1 is malformed' },
    {
      json: { endContent: '', txns: [{ patches: [[0, -1, '']] }] },
      error: 'transaction 0 is malformed',
    },
    {
      json: { kind: 'concurrent', endContent: '', txns: [] },
      error: 'numAgents is not a number of people',
    },
    { json: concurrent([{ agent: 2, parents: [], patches }]), error: 'transaction 0 is malformed' },
    {
      json: concurrent([{ agent: 1, parents: [0], patches }]),
      error: 'transaction 0 is malformed',
    },
  ])('$error', ({ json, error }) => {
    expect(parseTrace(json)).toEqual({ ok: false, error })
  })
})

describe('readTrace', () => {
  it('names a file that is missing, and one that is no trace', async () => {
    expect(await readTrace('/nowhere/x.json.gz')).toMatchObject({
      error: expect.stringMatching(/^cannot read \/nowhere\/x\.json\.gz: ENOENT/) as unknown,
    })
    const { filename } = import.meta
    expect(await readTrace(filename)).toMatchObject({
      error: expect.stringContaining(`${filename} is not a trace: `) as unknown,
    })
  })
})
