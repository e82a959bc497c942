/** What to tell a person whose document was refused with a final close code (4400–4499). */
export function refusalMessage(code: number): string {
  switch (code) {
    case 4401:
      return 'You need to sign in to open this document.'
    case 4403:
      return 'You do not have access to this document.'
    case 4404:
      return 'This document does not exist.'
    case 4410:
      return 'This document has been deleted.'
    case 4413:
      return 'This document, or a change to it, is larger than the server accepts.'
    case 4429:
      return 'This tab sent too much in a short time, so the server let it go.'
    default:
      return 'The server does not let this tab open the document.'
  }
}
