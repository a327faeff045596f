// The other end of a webhook, for trying things out: checks the signature, answers at once, prints
// what came. A real receiver starts a retraining here. Node 20, no packages.
//
//     WEBHOOK_SECRET=whsec_… node examples/send/receiver.mjs
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const { WEBHOOK_SECRET = '', PORT = '9099' } = process.env
const key = Buffer.from(WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64')

function isSigned(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': given = '' } = headers
  if (!(Math.abs(Date.now() / 1000 - Number(time)) <= 300)) return false
  const expected = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest()
  return given.split(' ').some((one) => {
    const signature = Buffer.from(one.split(',')[1] ?? '', 'base64')
    return signature.length === expected.length && timingSafeEqual(signature, expected)
  })
}

const percent = (share) => `${Math.round(100 * share)} %`

/** A bin, as the share of events in it: before and now. */
const change = ({ label, reference_share: before, current_share: now }) =>
  `${label}: ${percent(before)} → ${percent(now)}`

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (piece) => (body += piece))
  request.on('end', () => {
    if (!isSigned(request.headers, body)) return response.writeHead(401).end()
    response.writeHead(202).end()
    const { type, data } = JSON.parse(body)
    console.log(`${type}: ${data.model} ${data.monitor}, ${data.state}`)
    for (const { feature, value, threshold, p_adjusted: p, contributions = [] } of data.series) {
      const chance = p === null ? '' : `, p ${p.toExponential(0)}`
      const facts = `${data.metric} ${value.toFixed(2)}, limit ${threshold}${chance}`
      console.log([`  ${feature}: ${facts}`, ...contributions.slice(0, 2).map(change)].join('; '))
    }
  })
})
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`waiting on port ${server.address().port}`)
})
