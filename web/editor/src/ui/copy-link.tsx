import { Link2 } from 'lucide-react'
import { toast } from 'sonner'

import { Tip } from './tip.tsx'

/** Copies the address of this page, to send it to someone. */
export function CopyLink() {
  return (
    <Tip label="Copy link">
      <button
        type="button"
        className="icon-button"
        aria-label="Copy link"
        onClick={() => void copyLink()}
      >
        <Link2 size={18} />
      </button>
    </Tip>
  )
}

async function copyLink(): Promise<void> {
  try {
    // Throws where the page is served neither over https nor from localhost.
    await navigator.clipboard.writeText(location.href)
    toast.success('Link copied')
  } catch {
    toast.error('The link could not be copied. Copy it from the address bar.')
  }
}
