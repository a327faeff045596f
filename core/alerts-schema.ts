import { Type } from 'typebox'
import { list, section, secretReference, timer } from './config-fields.ts'

const Target = Type.String({
  minLength: 1,
  maxLength: 253,
  'x-allowed': 'a host name, an IP address or a CIDR such as 10.0.0.0/8',
})

const operations = section(
  'Who is told what concerns the service itself, such as a partition that was halted. Left out: nobody.',
  {
    preset: Type.Enum(['webhook'], {
      default: 'webhook',
      description: 'What receives the call. webhook: Standard Webhooks, any receiver.',
    }),
    url: Type.String({
      minLength: 1,
      maxLength: 2048,
      'x-allowed': 'an http or https URL',
      description: 'Where the call goes, http or https.',
    }),
    secret: Type.Optional(secretReference('Signs the call.')),
  },
)

/** The section `alerts` of the configuration. */
export const alerts = section('Webhooks.', {
  egress: section('Where webhooks may go.', {
    allow: list(
      Target,
      [],
      'Hosts and networks that are allowed although they are private, such as 10.1.0.0/16 or airflow.internal. Public addresses need no entry.',
    ),
  }),
  operations: Type.Optional(operations),
  timeout: timer('15s', 'Deadline of one attempt, connecting and answering included.'),
  interval: timer('1s', 'Pause between two looks for due deliveries.'),
})
