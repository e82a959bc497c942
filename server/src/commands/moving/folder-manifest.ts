/*
 * The list of a folder that holds an export: lines of JSON (https://github.com/ndjson/ndjson-spec), first what the
 * folder is, then a line for each document, and at the end that it is whole.
 *
 *   {"format":"quire-folder","version":1,"as":"markdown"}
 *   {"name":"team/notes","file":"team/notes.md","createdAt":"…","changedAt":"…","sequence":12,"authors":[[client,clock,"ann"]]}
 *   {"name":"team/torn","result":"failed","detail":"…"}
 *   {"done":true,"documents":1,"failed":1}
 */
import { z } from 'zod'

/** The list's file, in the folder. */
export const MANIFEST = 'manifest.ndjson'

/** The content that a file of a folder has. */
export const contentKinds = ['update', 'markdown', 'html', 'json', 'text'] as const
export type ContentKind = (typeof contentKinds)[number]

/** The first line. */
export const folderHead = z.object({
  format: z.literal('quire-folder'),
  version: z.literal(1),
  as: z.enum(contentKinds),
})

/** The line of a document. Its name is looked at later; its file stays within the folder. */
export const folderLine = z.object({
  name: z.string(),
  file: z
    .string()
    .refine(
      (file) =>
        file !== '' &&
        !/[\0\\]/.test(file) &&
        file.split('/').every((part) => !['', '.', '..'].includes(part)),
      { message: 'it leads out of the folder' },
    ),
  createdAt: z.iso.datetime().optional(),
  authors: z.array(z.tuple([z.int().min(0), z.int().min(0), z.string().nullable()])).default([]),
})
