import { z } from 'zod'

const text = z.string().min(1)

/** How a client knows the server it talks to, and what it shows of itself. All files are PEM. */
export const tlsSchema = z
  .strictObject({
    caFile: text.optional().describe('authorities that sign the server; left out: those that Node knows'),
    certFile: text.optional().describe('a client certificate; with keyFile'),
    keyFile: text.optional().describe('its key, without a password, readable by its owner and group alone'),
    serverName: text
      .optional()
      .describe('that the certificate must have, where the server is given by its number'),
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    message: 'a certificate and its key belong together: give certFile and keyFile',
  })
export type Tls = z.infer<typeof tlsSchema>
