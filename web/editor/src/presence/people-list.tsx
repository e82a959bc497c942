import { Popover } from '@base-ui/react/popover'
import { UserPen } from 'lucide-react'

import { Avatar } from '../identity/avatar.tsx'
import type { Session } from '../session/session.ts'
import { useReadable } from '../use-readable.ts'
import type { Peer } from './guarded-awareness.ts'

const shownAvatars = 4

/** Who is here: a few avatars that open the whole list. */
export function PeopleList({ session, onRename }: PeopleListProps) {
  const people = useReadable(session.people)
  const hidden = people.length - shownAvatars
  return (
    <div data-testid="people" data-count={people.length}>
      <Popover.Root>
        <Popover.Trigger className="people">
          <span className="sr-only">{countLabel(people.length)}</span>
          {people.slice(0, shownAvatars).map(({ clientId, person }) => (
            <Avatar key={clientId} person={person} />
          ))}
          {hidden > 0 && (
            <span className="avatar avatar--more" aria-hidden="true">
              +{hidden}
            </span>
          )}
          {people.length > 1 && (
            <span className="avatar avatar--count" aria-hidden="true">
              {people.length}
            </span>
          )}
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Positioner sideOffset={8} align="end" className="z-40">
            <Popover.Popup className="popup w-72 p-2">
              <Popover.Title className="px-2 py-1 text-sm font-semibold">
                {countLabel(people.length)}
              </Popover.Title>
              <PeopleRows people={people} />
              <Popover.Close className="menu-item mt-1 border-t border-line" onClick={onRename}>
                <UserPen size={16} aria-hidden="true" />
                Change your name…
              </Popover.Close>
            </Popover.Popup>
          </Popover.Positioner>
        </Popover.Portal>
      </Popover.Root>
    </div>
  )
}

interface PeopleListProps {
  readonly session: Session
  readonly onRename: () => void
}

function PeopleRows({ people }: { readonly people: readonly Peer[] }) {
  return (
    // A hundred people scroll, so the list itself takes the focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <ul className="max-h-80 overflow-y-auto rounded" tabIndex={0} aria-label="People here">
      {people.map(({ clientId, person, isSelf }) => (
        <li key={clientId} className="flex items-center gap-2.5 px-2 py-1.5 text-sm">
          <Avatar person={person} />
          <bdi className="min-w-0 flex-1 truncate">{person.name}</bdi>
          {isSelf && <span className="text-ink-soft">you</span>}
        </li>
      ))}
    </ul>
  )
}

function countLabel(count: number): string {
  return count === 1 ? 'Only you are here' : `${count} people are here`
}
