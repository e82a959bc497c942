/* What the examples are opened with: an application knows all of this by itself. */

const asked = new URLSearchParams(location.search)
const COLORS = ['#b42318', '#0f766e', '#4f46e5', '#a16207', '#be185d'] as const
const randomColor = COLORS[Math.floor(Math.random() * COLORS.length)] ?? COLORS[0]

/** Where the server is: `npm run examples` hands its sockets on from the pages' own origin. */
export const url = asked.get('server') ?? location.origin

/** The document's name. */
export const documentName = (editor: string): string => asked.get('doc') ?? `example ${editor}`

/** Who writes here, as others see it at the caret. */
export const user = {
  name: asked.get('name') ?? 'Somebody',
  color: asked.get('color') ?? randomColor,
}
