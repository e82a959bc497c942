/** Per cent of the measure; a title, two paragraphs and the gap between them. */
const lineWidths = [55, 100, 96, 88, 0, 98, 92, 40]

/** Stands where the text will be until it has arrived; nothing can be typed into it. */
export function OpeningSkeleton() {
  return (
    <>
      <div className="toolbar" aria-hidden="true" />
      <main id="main" className="surface" tabIndex={-1} aria-busy="true">
        <div className="sheet">
          <p className="sr-only">Opening the document…</p>
          <div className="skeleton" aria-hidden="true">
            {lineWidths.map((width) => (
              <span key={width} style={{ width: `${width}%` }} />
            ))}
          </div>
        </div>
      </main>
    </>
  )
}
