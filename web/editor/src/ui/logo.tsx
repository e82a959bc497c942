/** The product's mark: two sheets. Decorative; the link around it carries the name. */
export function Logo({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <rect
        x="8.5"
        y="3"
        width="18"
        height="22"
        rx="3"
        transform="rotate(8 17 14)"
        className="fill-accent/35"
      />
      <rect x="6" y="5" width="18" height="23" rx="3" className="fill-accent" />
      <path
        d="M10.5 12h9M10.5 16.5h9M10.5 21h5.5"
        strokeWidth="2"
        strokeLinecap="round"
        className="stroke-on-accent"
      />
    </svg>
  )
}
