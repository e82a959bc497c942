/* Sealed bytes: 12 random bytes, and AES-GCM of the bytes with them (NIST SP 800-38D). */
import { concatBytes } from '@quire/shared'

/** Encrypts and decrypts with one key. */
export interface Seal {
  close(bytes: Uint8Array, whose: string): Promise<Uint8Array>
  /** Null if it was not sealed with this key, or as somebody else's. */
  open(sealed: Uint8Array, whose: string): Promise<Uint8Array | null>
}

const NONCE_BYTES = 12

const utf8 = new TextEncoder()

/** Seals with a key for AES-GCM. `close` rejects if the key is for something else. */
export const sealWith = (key: CryptoKey): Seal => ({
  close: async (bytes, whose) => {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
    const encrypted = await crypto.subtle.encrypt(gcm(nonce, whose), key, bytes.slice())
    return concatBytes([nonce, new Uint8Array(encrypted)])
  },
  open: async (sealed, whose) => {
    const nonce = sealed.slice(0, NONCE_BYTES)
    try {
      const bytes = sealed.slice(NONCE_BYTES)
      return new Uint8Array(await crypto.subtle.decrypt(gcm(nonce, whose), key, bytes))
    } catch {
      return null // the one reason that AES-GCM has
    }
  },
})

const gcm = (iv: Uint8Array<ArrayBuffer>, whose: string): AesGcmParams => ({
  name: 'AES-GCM',
  iv,
  additionalData: utf8.encode(whose),
})
