// Sends predictions as a service would while it makes them: gathered, posted together, and again
// after 429, 503 or a lost connection. Node 20, no packages.
//
//     node examples/send/send.mjs 500
import { setTimeout as sleep } from 'node:timers/promises'

const { TIDEGAUGE_URL = 'http://127.0.0.1:8080', TIDEGAUGE_API_KEY } = process.env

/** Resolves with the answer when everything that was accepted is durable. */
async function send(events) {
  const headers = { 'content-type': 'application/x-ndjson' }
  if (TIDEGAUGE_API_KEY) headers.authorization = `Bearer ${TIDEGAUGE_API_KEY}`
  const body = events.map((event) => JSON.stringify(event)).join('\n')
  for (let attempt = 1; ; attempt++) {
    const request = { method: 'POST', headers, body }
    const response = await fetch(`${TIDEGAUGE_URL}/v1/events`, request).catch((error) => error)
    if (response.ok) return response.json()
    const again = response instanceof Error || response.status === 429 || response.status === 503
    if (!again || attempt === 10) throw new Error(response.message ?? (await response.text()))
    const seconds = Number(response.headers?.get('retry-after') ?? 0)
    await sleep(1000 * (seconds || Math.min(2 ** attempt / 4, 30)))
  }
}

const now = Date.now()
const events = Array.from({ length: Number(process.argv[2] ?? 100) }, (_, i) => {
  const amount = Math.round(1000 * Math.exp(3 + Math.sin(i))) / 1000
  return {
    model: 'checkout',
    version: '1',
    // An id of your own makes sending again harmless; the label that comes later names it, too.
    id: `node-${now}-${i}`,
    ts: new Date(now - i * 10).toISOString(),
    features: { amount, items: 1 + (i % 3), country: i % 4 === 0 ? 'NL' : 'DE' },
    prediction: amount > 40 ? 'fraud' : 'good',
    score: Math.min(0.99, amount / 100),
  }
})
const labels = events
  .filter((_, i) => i % 10 === 0)
  .map(({ model, id }) => ({ type: 'label', model, id, label: 'good' }))
console.log(await send([...events, ...labels]))
