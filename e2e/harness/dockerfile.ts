/*
 * What a Dockerfile says, done by hand where there is no Docker: each stage is a folder that stands for its root, COPY
 * copies into it, RUN runs there. So RUN may only name what lies below its WORKDIR; what it does elsewhere is given here.
 */
import { execFile } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import dockerignore from '@balena/dockerignore'
import { DockerfileParser, ModifiableInstruction, type Instruction } from 'dockerfile-ast'

/** What is known of an image. */
export interface Image {
  /** The folder that stands for its root. */
  readonly root: string
  readonly from: string
  readonly env: Readonly<Record<string, string>>
  readonly user: string
  readonly workdir: string
  readonly volumes: readonly string[]
  readonly stopSignal: string
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  /** The command of the health check, and how it is asked for. */
  readonly health: {
    readonly flags: ReadonlyMap<string, string>
    readonly command: readonly string[]
  }
}

/** How to build. */
export interface BuildOptions {
  /** The folder that is sent to the build. */
  readonly context: string
  /** Where the stages are made; everybody may look into it. */
  readonly into: string
  /** What is done in place of a step, by its command line; each has to be met. */
  readonly instead: Readonly<Record<string, (stage: { root: string; cwd: string }) => void>>
}

interface Stage {
  readonly root: string
  readonly from: string
  readonly instructions: Instruction[]
}

/** Does what the file says, and gives the last stage. */
export const buildImage = async ({ context, into, instead }: BuildOptions): Promise<Image> => {
  const text = readFileSync(join(context, 'Dockerfile'), 'utf8')
  const stages = new Map<string, Image>()
  const met = new Set<string>()
  let last: Image | null = null
  for (const [name, stage] of stagesOf(text, into)) {
    mkdirSync(stage.root, { recursive: true })
    const base = stages.get(stage.from)
    if (base !== undefined) copyTree(base.root, stage.root)
    const image = { ...(base ?? { ...EMPTY, from: stage.from }), root: stage.root }
    for (const instruction of stage.instructions)
      await perform(instruction, image, { context, stages, instead, met })
    stages.set(name, image)
    last = image
  }
  const unmet = Object.keys(instead).filter((command) => !met.has(command))
  if (unmet.length > 0) throw new Error(`the Dockerfile has no RUN ${unmet.join(' and ')}`)
  if (last === null) throw new Error('the Dockerfile has no FROM')
  return last
}

const EMPTY: Omit<Image, 'root' | 'from'> = {
  env: {},
  user: 'root',
  workdir: '/',
  volumes: [],
  stopSignal: 'SIGTERM',
  entrypoint: [],
  cmd: [],
  health: { flags: new Map(), command: [] },
}

/** Each with its name, the last one's being ''. */
const stagesOf = (text: string, into: string): ReadonlyMap<string, Stage> => {
  const stages = new Map<string, Stage>()
  let current: Stage | null = null
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction.getKeyword() !== 'FROM') {
      current?.instructions.push(instruction)
      continue
    }
    const [from = '', , name = ''] = wordsOf(instruction)
    current = { root: join(into, name === '' ? 'last' : name), from, instructions: [] }
    stages.set(name, current)
  }
  return stages
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface Around extends Pick<BuildOptions, 'context' | 'instead'> {
  readonly stages: ReadonlyMap<string, Image>
  readonly met: Set<string>
}

const perform = async (
  instruction: Instruction,
  image: Mutable<Image>,
  { context, stages, instead, met }: Around,
): Promise<void> => {
  const words = wordsOf(instruction)
  const [first = ''] = words
  const content = instruction.getArgumentsContent() ?? ''
  const cwd = join(image.root, image.workdir)
  switch (instruction.getKeyword()) {
    case 'WORKDIR':
      image.workdir = first
      mkdirSync(join(image.root, first), { recursive: true })
      return
    case 'ENV': {
      const [, name = '', value = ''] = /^([A-Z_0-9]+)=(\S*)$/.exec(content) ?? []
      image.env = { ...image.env, [name]: value }
      return
    }
    case 'COPY': {
      const from = flagsOf(instruction).get('from')
      const to = words.at(-1) ?? ''
      const target = to.startsWith('/') ? join(image.root, to) : join(cwd, to)
      for (const path of words.slice(0, -1))
        if (from === undefined) copyContext(context, path, target, to.endsWith('/'))
        else copyTree(join(stages.get(from)?.root ?? '', path), target)
      return
    }
    case 'RUN': {
      const other = instead[content]
      if (other === undefined) await run(content, cwd)
      else other({ root: image.root, cwd })
      met.add(content)
      return
    }
    case 'USER':
      image.user = first
      return
    case 'VOLUME':
      image.volumes = [...image.volumes, first]
      return
    case 'EXPOSE':
      return
    case 'STOPSIGNAL':
      image.stopSignal = first
      return
    case 'HEALTHCHECK':
      image.health = {
        flags: flagsOf(instruction),
        command: execForm(content.slice(content.indexOf('CMD') + 3)),
      }
      return
    case 'ENTRYPOINT':
      image.entrypoint = execForm(content)
      return
    case 'CMD':
      image.cmd = execForm(content)
      return
    default:
      throw new Error(`${instruction.getKeyword()} is not known here`)
  }
}

const flagsOf = (instruction: Instruction): ReadonlyMap<string, string> =>
  new Map(
    instruction instanceof ModifiableInstruction
      ? instruction.getFlags().map((flag) => [flag.getName(), flag.getValue() ?? ''])
      : [],
  )

const wordsOf = (instruction: Instruction): readonly string[] =>
  (instruction.getArgumentsContent() ?? '').split(/\s+/)

/** Throws where it is a line for a shell, which would not hand on signals. */
const execForm = (content: string): readonly string[] => JSON.parse(content) as readonly string[]

const run = async (command: string, cwd: string): Promise<void> => {
  if (/(^|\s)\//.test(command)) throw new Error(`RUN ${command} names what lies elsewhere`)
  const { NODE_ENV: _, VITEST: __, ...env } = process.env
  await promisify(execFile)('sh', ['-c', command], { cwd, env, maxBuffer: 2 ** 26 })
}

const copyTree = (from: string, to: string): void =>
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })

/** What .dockerignore leaves of the context; of a folder its contents. */
const copyContext = (context: string, path: string, to: string, isFolder: boolean): void => {
  const ignore = dockerignore.default().add(readFileSync(join(context, '.dockerignore'), 'utf8'))
  if (!statSync(join(context, path)).isDirectory()) {
    mkdirSync(isFolder ? to : join(to, '..'), { recursive: true })
    copyTree(join(context, path), isFolder ? join(to, basename(path)) : to)
    return
  }
  const walk = (folder: string): void => {
    mkdirSync(join(to, folder), { recursive: true })
    for (const entry of readdirSync(join(context, path, folder), { withFileTypes: true })) {
      const own = join(folder, entry.name)
      if (ignore.ignores(join(path, own))) continue
      if (entry.isDirectory()) walk(own)
      else copyTree(join(context, path, own), join(to, own))
    }
  }
  walk('')
}

/** Lets everybody look into a folder of this process. */
export const openToAll = (folder: string): void => {
  if (existsSync(folder)) chmodSync(folder, 0o755)
}
