/* The process of people.ts: some of the people of a day. */
import { randomFrom } from '../harness/random.ts'
import { until } from '../harness/until.ts'
import { audit } from './audit.ts'
import { Person } from './person.ts'
import type { Answer, Ask, Figures, Setting } from './people.ts'

let setting: Setting | null = null
let people: readonly Person[] = []

const settings = (): Setting => {
  if (setting === null) throw new Error('nobody has said who these people are')
  return setting
}

const figures = (): Figures => {
  const closes: Record<string, number> = {}
  for (const code of people.flatMap((person) => person.closes))
    closes[code] = (closes[code] ?? 0) + 1
  const sum = (of: (person: Person) => number) => people.reduce((all, one) => all + of(one), 0)
  return {
    connected: people.filter(({ isConnected }) => isConnected).length,
    typed: sum(({ typed }) => typed),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    bytes: sum(({ bytes }) => bytes),
    closes,
  }
}

const auditAll = async (ask: Extract<Ask, { do: 'audit' }>): Promise<readonly string[]> => {
  const { yesterday, withinMs } = settings()
  const problems: string[] = []
  const byDocument = Map.groupBy(people, ({ place }) => place.document)
  for (const [document, writers] of byDocument) {
    const { base, extent } = ask
    problems.push(
      ...(await audit(base, writers, { extent, yesterday: yesterday[document] ?? '', withinMs })),
    )
  }
  return problems
}

const act = async (ask: Ask): Promise<Answer['value']> => {
  switch (ask.do) {
    case 'be': {
      setting = ask.setting
      const random = randomFrom(setting.seed)
      people = setting.places.map((place) => new Person(place, random))
      return null
    }
    case 'connect':
      await Promise.all(people.map((person) => person.connect(ask.base, settings().withinMs)))
      return null
    case 'type':
      for (const person of people) person.start(ask.pauseMs)
      return null
    case 'rest':
      for (const person of people) person.stop()
      return null
    case 'settle':
      await until(
        'all that was typed is acknowledged',
        () => people.every(({ typed, acknowledged }) => typed === acknowledged),
        settings().withinMs,
      )
      return null
    case 'leave':
      for (const person of people) person.close()
      return null
    case 'figures':
      return figures()
    case 'audit':
      return auditAll(ask)
  }
}

process.on('message', (ask: Ask) => {
  const answer = (answered: Omit<Answer, 'id'>) => process.send?.({ id: ask.id, ...answered })
  act(ask).then(
    (value) => answer({ value, problem: null }),
    (problem: unknown) => answer({ value: null, problem: String(problem) }),
  )
})
process.on('disconnect', () => process.exit(0)) // the test is over
