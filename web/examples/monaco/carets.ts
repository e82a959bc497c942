import type { Awareness } from 'y-protocols/awareness'

/** Colours and names the carets of others: y-monaco gives each a class with its client's id, and no style. */
export const styleCarets = (presence: Awareness): void => {
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets.push(sheet)
  const style = (): void => {
    const rules = [...presence.getStates()].map(([client, { user }]) => {
      const { name, color } = { name: 'Somebody', color: '#777', ...user }
      // what others say of themselves may be anything
      const [label, paint] = [
        JSON.stringify(String(name)),
        CSS.supports('color', color) ? color : '#777',
      ]
      return `
        .yRemoteSelection-${client} { background: color-mix(in srgb, ${paint} 25%, transparent) }
        .yRemoteSelectionHead-${client} { position: absolute; height: 1.2em; border-left: 2px solid ${paint} }
        .yRemoteSelectionHead-${client}::after {
          position: absolute; top: 1.2em; padding: 0 .3em; color: white; background: ${paint};
          font: .75rem sans-serif; white-space: nowrap; content: ${label};
        }`
    })
    sheet.replaceSync(rules.join(''))
  }
  presence.on('change', style)
  style()
}
