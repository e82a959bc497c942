/*
 * The API as a page to read: made on the server from its description, with no script and nothing from elsewhere,
 * so that it stands under the strictest policy.
 */
import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import type { Operation } from './operation.ts'
import { problems } from './problem.ts'

type Described = HtmlEscapedString | Promise<HtmlEscapedString>

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1917; background: #fff }
  h1 { font-size: 1.75rem } h2 { margin-top: 3rem; border-bottom: 1px solid #d6d3d1 }
  article { margin: 2rem 0; scroll-margin-top: 1rem } h3 { font-size: 1rem; margin: 0 0 .25rem }
  code, pre { font: .875rem/1.5 ui-monospace, monospace; background: #f5f5f4; border-radius: .25rem }
  code { padding: .1rem .3rem; overflow-wrap: anywhere } pre { padding: .75rem; overflow-x: auto }
  .method { text-transform: uppercase; font-weight: 700 }
  table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0 }
  nav ul { columns: 2; padding-left: 1rem } a { color: #1d4ed8 }
  @media (prefers-color-scheme: dark) { body { color: #e7e5e4; background: #1c1917 } code, pre { background: #292524 } a { color: #93c5fd } h2 { border-color: #44403c } }
  @media (max-width: 40rem) { nav ul { columns: 1 } }
`

/** What the page may load: its own style, and nothing else. */
export const REFERENCE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The page. `description` is what openapi.json answers. */
export const referencePage = (
  operations: readonly Operation[],
  description: Record<string, unknown>,
): Described => {
  const groups = Map.groupBy(operations, ({ tag }) => tag)
  const { components } = description as { components: { schemas: Record<string, unknown> } } // as openapi.ts made it
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Quire’s API</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          <h1>Quire’s API</h1>
          <p>
            Documents that several people write in at once: read and changed by programs, as one
            more collaborator. Tokens go into <code>Authorization: Bearer …</code>. The same as a
            description for tools: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).
          </p>
          <nav aria-label="Operations">
            <ul>
              ${operations.map(({ id, summary }) => html`<li><a href="#${id}">${summary}</a></li>`)}
            </ul>
          </nav>
          ${[...groups].map(
            ([tag, members]) =>
              html`<section>
                <h2>${tag}</h2>
                ${members.map(operationHtml)}
              </section>`,
          )}
          <section>
            <h2>Errors</h2>
            <p>
              Each is <code>application/problem+json</code> (RFC 9457); its <code>type</code> is
              <code>urn:quire:problem:</code> and the kind.
            </p>
            <table>
              <thead>
                <tr>
                  <th>Status</th>
                  <th>Kind</th>
                  <th>Meaning</th>
                </tr>
              </thead>
              <tbody>
                ${Object.entries(problems).map(
                  ([kind, { status, title }]) =>
                    html`<tr>
                      <td>${status}</td>
                      <td><code>${kind}</code></td>
                      <td>${title}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </section>
          <section>
            <h2>Forms</h2>
            ${Object.entries(components.schemas).map(
              ([name, schema]) =>
                html`<article id="form-${name}">
                  <h3>${name}</h3>
                  <pre tabindex="0">${JSON.stringify(schema, null, 2)}</pre>
                </article>`,
            )}
          </section>
        </main>
      </body>
    </html>`
}

const operationHtml = (operation: Operation): Described => {
  const {
    id,
    method,
    path,
    summary,
    description,
    takes,
    takesLines,
    answers,
    fields = {},
  } = operation
  return html`<article id="${id}">
    <h3>${summary}</h3>
    <p>
      <code><span class="method">${method}</span> /api/v1${path}</code>
    </p>
    ${description === undefined ? '' : html`<p>${description}</p>`} ${queryHtml(operation)}
    ${Object.entries(fields).map(([name, about]) => html`<p><code>${name}</code>: ${about}.</p>`)}
    ${bodyHtml(operation)}
    ${takes === undefined ? '' : html`<p>Takes ${takes.join(', ')}${linkTo(takesLines)}.</p>`}
    <ul>
      ${Object.entries(answers).map(
        ([status, answer]) =>
          html`<li>${status}: ${answer.description}${linkTo(answer.json ?? answer.lines)}</li>`,
      )}
    </ul>
  </article>`
}

const linkTo = (schema: Operation['query'] | undefined): Described | string => {
  const name = schema?.meta()?.id
  return name === undefined ? '' : html`, <a href="#form-${name}">${name}</a>`
}

const bodyHtml = ({ body }: Operation): Described | string => {
  const name = body.meta()?.id
  return name === undefined ? '' : html`<p>Body of JSON: <a href="#form-${name}">${name}</a>.</p>`
}

const queryHtml = ({ query }: Operation): Described | string => {
  const shape =
    'shape' in query ? Object.entries(query.shape as Record<string, Operation['query']>) : []
  if (shape.length === 0) return ''
  return html`<table>
    <thead>
      <tr>
        <th>Query</th>
        <th></th>
      </tr>
    </thead>
    <tbody>
      ${shape.map(
        ([name, schema]) =>
          html`<tr>
            <td><code>${name}</code></td>
            <td>${schema.meta()?.description ?? ''}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}
