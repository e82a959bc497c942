/** Has the browser keep bytes as a file. */
export function saveAs(bytes: Blob, name: string): void {
  const url = URL.createObjectURL(bytes)
  const link = document.createElement('a')
  link.href = url
  link.download = name.replaceAll(/[/\\]/g, '_')
  link.click()
  // the download has begun by then, which is all that it needs the address for
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
