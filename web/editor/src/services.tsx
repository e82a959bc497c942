import { createContext, use } from 'react'

import type { Device } from './device/device.ts'
import type { MyIdentity } from './identity/me.ts'
import type { SessionHost } from './navigation/session-host.ts'
import type { Recents } from './recents/recents.ts'
import type { ThemeChoice } from './theme/theme.ts'

/** What lives outside React and is created once, in main.tsx. */
export interface Services {
  readonly host: SessionHost
  readonly me: MyIdentity
  readonly recents: Recents
  readonly theme: ThemeChoice
  readonly device: Device
}

/** Hands the services to the components. */
export const ServicesContext = createContext<Services | null>(null)

/** The services of the page this component is in. */
export function useServices(): Services {
  const services = use(ServicesContext)
  if (services === null) throw new Error('a component was rendered outside of ServicesContext')
  return services
}
