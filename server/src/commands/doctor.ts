import type { Command } from 'commander'
import { err, ok } from '@quire/shared'
import { readConfig } from '../config.ts'
import { dataDirOption, type DataDirOption } from './data-dir-option.ts'
import { linesOf, toChange } from './doctor/check.ts'
import { setWork } from './output.ts'

interface DoctorFlags extends DataDirOption {
  readonly url?: string
}

/** `quire doctor`: what to change before people notice. */
export const registerDoctor = (program: Command): void => {
  const command = program
    .command('doctor')
    .description(
      'Looks at options, port, disk, clock and limits of this machine, or by its address at a server and what stands before it, and says what to change.',
    )
    .addOption(dataDirOption())
    .option(
      '--url <address>',
      'Looks at the server there instead, as clients reach it. A token in QUIRE_TOKEN that may see the operations shows as whom it takes them.',
    )
  setWork(command, async ({ signal }) => {
    const { url, dataDir } = command.opts<DoctorFlags>()
    const address = url === undefined ? null : parseAddress(url)
    if (address === undefined)
      return err({
        kind: 'usage',
        message: '--url: must be an address such as https://docs.example.org, without a password',
      })
    const looking = address === null ? lookHere(dataDir) : lookAt(address)
    const checks = await Promise.race([looking, interrupted(signal)])
    const toDo = checks.filter(({ state }) => state === 'change').length
    const summary = toDo === 0 ? 'nothing needs to be changed' : `${toDo} to change`
    return ok({
      report: { checks },
      lines: [...checks.flatMap(linesOf), summary],
      hasFindings: toDo > 0,
    })
  })
}

/** Rejects when it is aborted: what is looked at leaves nothing behind, and need not be waited for. */
const interrupted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error)) // of what aborts
  })

const parseAddress = (text: string): URL | undefined => {
  const url = URL.parse(text)
  const isPlain = url !== null && url.username === '' && url.password === ''
  return isPlain && /^https?:$/.test(url.protocol) ? url : undefined
}

const lookAt = async (url: URL) => {
  const { urlChecks } = await import('./doctor/url.ts')
  return urlChecks(url, process.env['QUIRE_TOKEN'] || null)
}

const lookHere = async (dataDir: string) => {
  const { diskChecks } = await import('./doctor/disk.ts')
  const { machineChecks } = await import('./doctor/machine.ts')
  const { portCheck } = await import('./doctor/port.ts')
  const read = readConfig({ dataDir }, process.env)
  const wrong = read.ok ? [] : read.error
  const options = wrong.map((problem) =>
    toChange('options', problem, 'quire serve does not start like this'),
  )
  const config = read.ok ? read : readConfig({ dataDir }, {})
  if (!config.ok)
    throw new Error(`the table of options refuses its own defaults: ${config.error.join()}`)
  return [
    ...options,
    ...machineChecks(config.value, Date.now()),
    await portCheck(config.value),
    ...diskChecks(dataDir),
  ]
}
