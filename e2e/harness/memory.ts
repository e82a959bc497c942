import { readFile } from 'node:fs/promises'

/** Resident memory of a process (proc_pid_status(5)), in MiB; Linux only. */
export const residentMib = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024
}
