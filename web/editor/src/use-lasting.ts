import { useEffect, useState } from 'react'

/** Whether `holds` has been true for `ms` milliseconds without a break. */
export function useLasting(holds: boolean, ms: number): boolean {
  const [lasted, setLasted] = useState(false)
  useEffect(() => {
    if (!holds) return
    const timer = setTimeout(() => setLasted(true), ms)
    return () => {
      clearTimeout(timer)
      setLasted(false)
    }
  }, [holds, ms])
  return holds && lasted
}
