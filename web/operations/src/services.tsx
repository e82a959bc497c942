import type { ThemeChoice } from '@quire/editor/theme/theme.ts'
import { createContext, use } from 'react'

import type { Api } from './session/api.ts'
import type { Live, LiveState } from './session/live.ts'
import { useReadable } from '@quire/editor/use-readable.ts'
import type { SessionStore } from './session/session.ts'
import type { Ticking } from './ticking.ts'

/** What lives outside React and is created once, in main.tsx. */
export interface Services {
  readonly session: SessionStore
  readonly theme: ThemeChoice
  readonly ticking: Ticking
}

/** Hands the services to the components. */
export const ServicesContext = createContext<Services | null>(null)

/** The services of this page. */
export function useServices(): Services {
  const services = use(ServicesContext)
  if (services === null) throw new Error('a component was rendered outside of ServicesContext')
  return services
}

/** What somebody who is let in has. */
export interface Place {
  readonly api: Api
  readonly live: Live
  /** False for who may look only. */
  readonly mayAct: boolean
}

/** Hands the place to the views. */
export const PlaceContext = createContext<Place | null>(null)

/** The place of whoever is let in. */
export function usePlace(): Place {
  const place = use(PlaceContext)
  if (place === null) throw new Error('a view was rendered outside of PlaceContext')
  return place
}

/** What is followed. */
export function useLive(): LiveState {
  return useReadable(usePlace().live)
}
