/* The `quire` command: its commands, each in a file of its own. The environment is read here and in them, nowhere else. */
import { registerBackup } from './commands/backup.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerExport } from './commands/export.ts'
import { registerImport } from './commands/import.ts'
import { registerRestore } from './commands/restore.ts'
import { registerServe } from './commands/serve.ts'
import { registerToken } from './commands/token.ts'
import { registerVerify } from './commands/verify.ts'
import { createProgram } from './commands/usage.ts'

// nobody reads them any more, which must not end a server: also Node's own warnings go to standard error
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)
process.umask(0o077) // documents are nobody else's business, whoever made the directory that they go to

const program = createProgram()
for (const register of [
  registerServe,
  registerBackup,
  registerRestore,
  registerVerify,
  registerExport,
  registerImport,
  registerToken,
  registerDoctor,
])
  register(program)

await program.parseAsync()
