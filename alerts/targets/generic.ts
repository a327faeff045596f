import { signatureHeaders } from '../signature.ts'
import type { Target } from '../target.ts'

/** Any receiver of Standard Webhooks: the body as it was planned, signed. */
export const genericTarget: Target = {
  preset: 'webhook',
  request: ({ delivery, action, secrets, at }) => ({
    method: 'POST',
    url: action.url,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Tidegauge',
      ...signatureHeaders({ id: delivery.deliveryId, at, body: delivery.body }, secrets),
    },
    body: delivery.body,
  }),
  success: (status) => status >= 200 && status < 300,
}
