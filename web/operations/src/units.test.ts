import { expect, it } from 'vitest'
import { agoText, bytesText, counted, countText, durationText, shareText } from './units.ts'

it.each([
  [bytesText(0), '0 B'],
  [bytesText(999), '999 B'],
  [bytesText(1_500), '1.5 kB'],
  [bytesText(24_300_000), '24.3 MB'],
  [bytesText(999_999), '1.0 MB'],
  [durationText(999.7), '1.0 s'],
  [durationText(59_970), '1 min'],
  [agoText(0, 59_800), '1 min ago'],
  [durationText(0.25), '0.25 ms'],
  [durationText(12), '12 ms'],
  [durationText(1_500), '1.5 s'],
  [durationText(90_000), '1 min'],
  [durationText(7_500_000), '2 h 5 min'],
  [durationText(90_000_000), '1 d 1 h'],
  [shareText(0), '0 %'],
  [shareText(0.004), '< 1 %'],
  [shareText(0.126), '13 %'],
  [countText(1_234), '1.2K'],
  [agoText(0, 1_000), 'now'],
  [agoText(0, 12_000), '12 s ago'],
  [agoText(5_000, 0), 'now'],
  [agoText(0, 7_200_000), '2 h ago'],
  [counted(1, 'session'), '1 session'],
  [counted(1_200, 'session'), '1,200 sessions'],
])('%s is %s', (text, wanted) => expect(text).toBe(wanted))
