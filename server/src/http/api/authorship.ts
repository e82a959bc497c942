/* Who wrote what of a document. */
import { z } from 'zod'
import type { HeldWhole } from '../../runtime/contents.ts'
import type { ApiParts } from './api-parts.ts'
import { authorNames } from './authors.ts'
import { answerJson, trouble } from './content.ts'
import { NOTHING, operation, type Operation } from './operation.ts'
import { another, orProblem } from './problem.ts'
import { authorsSchema, field } from './schemas.ts'
import { found } from './told.ts'

/** The operation. */
export const authorsOperation = (parts: ApiParts): Operation =>
  operation(
    {
      id: 'readAuthors',
      method: 'get',
      path: '/documents/{name}/authors',
      tag: 'Versions',
      summary: 'Says who wrote which text',
      description:
        'By the logins that the server has stamped, and not by what clients say of themselves.',
      needs: 'read',
      query: z.strictObject({ field }),
      body: NOTHING,
      answers: { 200: { description: 'The text in runs of one author', json: authorsSchema } },
      problems: ['not-found', 'conflict', 'deleted', 'unprocessable'],
    },
    async ({ c, document, grant, query }) => {
      const facts = await found(parts.storage, document)
      const blame = async ({ update, position }: HeldWhole) => {
        if (position.epoch !== facts.epoch) throw another()
        return parts.content.blame(update, query.field ?? null)
      }
      const request = parts.asked(c, document, grant)
      const blamed = await parts.contents.using(request, blame, parts.isWanted(c))
      if (!blamed.ok) throw trouble(blamed.error)
      // after the document: whoever wrote it was stamped in the same commit
      const stamped = orProblem(await parts.storage.authors(facts.id))
      return answerJson(parts, c, { ranges: authorNames(blamed.value, stamped) })
    },
  )
