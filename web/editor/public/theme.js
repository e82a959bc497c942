// Runs before the first paint, so that a chosen theme never flashes the other one.
// A file rather than an inline script: the page is served with script-src 'self'.
try {
  var chosen = localStorage.getItem('quire:theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // Storage is blocked: the system's theme applies.
}
