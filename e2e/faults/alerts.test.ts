/* Each alert comes where what it tells of is so, of a server that Prometheus knows by a job and an instance, and no other does. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { providePromtool } from '../scripts/promtool.ts'
import { ROOT } from '../scripts/run.ts'

const RULES = join(ROOT, 'server/deploy/prometheus/alerts.yml')
const promtool = await providePromtool()
const home = mkdtempSync(join(tmpdir(), 'quire-alerts-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** A figure, its labels, and what it is each minute: from, and by how much more, sixty times. */
type Series = readonly [name: string, labels: string, values: string]

/** All that takes `seconds`, in two buckets. */
const slow = (figure: string, seconds: number): readonly Series[] => [
  [`${figure}_bucket`, `le="${seconds}"`, '0+0x60'],
  [`${figure}_bucket`, `le="${2 * seconds}"`, '0+60x60'],
  [`${figure}_bucket`, 'le="+Inf"', '0+60x60'],
]

const IS_SO: Readonly<Record<string, readonly Series[]>> = {
  QuireWritesFail: [['quire_failing_documents', '', '1x60']],
  QuireUnsavedOld: [['quire_oldest_unsaved_seconds', '', '11x60']],
  QuireDocumentsDoNotOpen: [['quire_unopened_documents', '', '1x60']],
  QuireBug: [['quire_bugs_total', '', '0+1x60']],
  QuireQuarantine: [['quire_quarantined_updates_total', '', '0+1x60']],
  QuireStorageErrors: [['quire_storage_errors_total', 'operation="load"', '0+60x60']],
  QuireCommitsSlow: slow('quire_commit_seconds', 0.5),
  QuireAcksSlow: slow('quire_ack_seconds', 2.5),
  QuireRelaySlow: slow('quire_relay_seconds', 0.5),
  QuireEventLoopHeldUp: [['nodejs_eventloop_lag_p99_seconds', '', '0.3x60']],
  QuireSlowReaders: [
    ['quire_slow_sessions', '', '20x60'],
    ['quire_sessions', 'family="quire",transport="websocket"', '60x60'],
    ['quire_sessions', 'family="y-websocket",transport="websocket"', '60x60'],
  ],
  QuireRefusesNewcomers: [['quire_refusals_total', 'of="server",bound="sessions"', '0+60x60']],
  QuireDenials: [['quire_denials_total', 'denial="forbidden",family="quire"', '0+600x60']],
  QuireLoginKeys: [['quire_key_errors_total', '', '0+1x60']],
  QuireWebhooksDead: [['quire_webhooks_total', 'outcome="dead"', '0+1x60']],
  QuireWebhooksDropped: [['quire_dropped_webhooks_total', '', '0+1x60']],
  QuireWalGrows: [['quire_database_bytes', 'file="wal"', '300000000x60']],
}

interface Rule {
  readonly alert: string
  readonly annotations: Readonly<Record<string, string>>
}

const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: [{ rules: Rule[] }] } // as checked
const alerts = groups[0].rules.map(({ alert }) => alert)

/** The alerts that are there after an hour of this. */
const alertsOf = async (name: string, series: readonly Series[]): Promise<string> => {
  const file = join(home, `${name}.json`)
  const input = series.map(([figure, labels, values]) => ({
    series: `${figure}{job="quire",instance="a"${labels === '' ? '' : `,${labels}`}}`,
    values,
  }))
  const promql_expr_test = [
    {
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: '50m',
      exp_samples: [{ labels: `{alertname="${name}"}`, value: 1 }],
    },
  ]
  const tests = [{ interval: '1m', input_series: input, promql_expr_test }]
  writeFileSync(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: '15s', tests }))
  const { stdout } = await promisify(execFile)(promtool ?? '', ['test', 'rules', file])
  return stdout
}

it('is told for each of the rules', () => {
  expect(Object.keys(IS_SO)).toEqual(alerts)
})

it.skipIf(promtool === null).each(alerts)('%s comes, and alone', async (name) => {
  expect(await alertsOf(name, IS_SO[name] ?? [])).toContain('SUCCESS')
})
