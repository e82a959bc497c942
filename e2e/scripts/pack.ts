/* npm run pack: the packages as they are published, one file each, in `dist`. */
import { join } from 'node:path'
import { buildOperations, buildProvider, buildServer } from './build-steps.ts'
import { packPackages } from './pack-packages.ts'
import { ROOT } from './run.ts'

const built = (await buildServer()) || (await buildProvider()) || (await buildOperations())
if (built !== 0) process.exit(built)
for (const file of await packPackages(join(ROOT, 'dist'))) process.stdout.write(`${file}\n`)
