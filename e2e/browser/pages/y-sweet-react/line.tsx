/** A line to type in; Enter hands it over. */
export const Line = ({
  label,
  onEnter,
}: {
  readonly label: string
  readonly onEnter: (line: string) => void
}) => (
  <input
    aria-label={label}
    onKeyDown={({ key, currentTarget }) => {
      if (key !== 'Enter') return
      onEnter(currentTarget.value)
      currentTarget.value = ''
    }}
  />
)
