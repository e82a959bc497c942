import type { CSSProperties } from 'react'

import { textColourOn } from './colour.ts'
import { initials } from './person.ts'
import type { Person } from './person.ts'

/** Initials on the person's colour. Decorative: put the name beside it or on its control. */
export function Avatar({ person }: { readonly person: Person }) {
  const style: CSSProperties = {
    backgroundColor: person.colour,
    color: textColourOn(person.colour),
  }
  return (
    <span className="avatar" style={style} title={person.name} aria-hidden="true">
      {initials(person.name)}
    </span>
  )
}
