import { useEffect, useState } from 'react'

import { useServices } from '../services.tsx'

const none: ReadonlySet<string> = new Set()

/** The names of the documents that this device keeps; none until they are read. */
export function useKeptDocuments(): ReadonlySet<string> {
  const { device } = useServices()
  const [kept, setKept] = useState(none)
  useEffect(() => {
    let isWanted = true
    const show = async (): Promise<void> => {
      const documents = await device.documents()
      if (isWanted) setKept(documents)
    }
    void show()
    return () => {
      isWanted = false
    }
  }, [device])
  return kept
}
