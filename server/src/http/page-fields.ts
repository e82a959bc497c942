/*
 * The fields of answers that keep foreign scripts, frames and readers away.
 *
 * Pages may load what this server has, and images by address, which are a part of documents. Everything else is an
 * answer for programs: should a browser ever show one as a page, nothing in it runs and nothing is loaded.
 */
import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

/** A browser that has come by TLS does not ask without for so long, seconds: a year, as RFC 6797 §6.1 has it. */
const HSTS_SECONDS = 31_536_000

/** What no page of this server needs. */
const UNUSED_FEATURES = {
  camera: false,
  microphone: false,
  geolocation: false,
  payment: false,
  usb: false,
  serial: false,
  displayCapture: false,
} as const

type Options = NonNullable<Parameters<typeof secureHeaders>[0]>

const fields = (isTls: boolean, contentSecurityPolicy: Options['contentSecurityPolicy']) =>
  secureHeaders({
    // whoever ends TLS in front of this server decides that himself
    strictTransportSecurity: isTls ? `max-age=${HSTS_SECONDS}` : false,
    crossOriginResourcePolicy: 'same-origin',
    crossOriginOpenerPolicy: 'same-origin',
    referrerPolicy: 'no-referrer', // names of documents are nobody else's
    xFrameOptions: 'DENY',
    permissionsPolicy: UNUSED_FEATURES,
    overwrite: false, // what a route says of itself stands
    ...(contentSecurityPolicy === undefined ? {} : { contentSecurityPolicy }),
  })

/** The fields of the editor's pages. */
export const pageFields = (isTls: boolean): MiddlewareHandler =>
  fields(isTls, {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    // the editor sets colours and table widths, and its libraries bring style elements of their own
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ['*', 'data:'],
    connectSrc: ["'self'"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  })

/** The fields of the page of operations, which shows no documents and so nothing from elsewhere. */
export const operationsPageFields = (isTls: boolean): MiddlewareHandler =>
  fields(isTls, {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  })

/** The fields of answers for programs. */
export const answerFields = (isTls: boolean): MiddlewareHandler =>
  fields(isTls, {
    defaultSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    sandbox: [],
  })
