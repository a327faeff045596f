/** One line to type, without the word `tidegauge`, and what it does. */
export interface CommandExample {
  readonly does: string
  readonly line: string
}

/** What the help of each command shows. A test parses every line. */
export const commandExamples: Readonly<Record<string, readonly CommandExample[]>> = {
  serve: [
    {
      does: 'Everything in one process, data in ./data, models in ./models',
      line: 'serve',
    },
    {
      does: 'On a ClickHouse server: this process takes events …',
      line: 'serve --clickhouse http://clickhouse:8123 --role ingest,api --port 8081',
    },
    {
      does: '… and this one evaluates them',
      line: 'serve --clickhouse http://clickhouse:8123 --role monitor,api',
    },
  ],
  'models list': [
    { does: 'Of the service on this machine', line: 'models list' },
    { does: 'For a script', line: 'models list --format json' },
  ],
  'models show': [{ does: 'With every default filled in', line: 'models show fraud' }],
  'models put': [
    { does: 'Declare a model, or change it', line: 'models put models/fraud.yaml' },
    {
      does: 'In another service; the key is in TIDEGAUGE_API_KEY',
      line: 'models put models/fraud.yaml --url https://tidegauge.example.com',
    },
  ],
  'models history': [{ does: 'Who changed what, and when', line: 'models history fraud' }],
  'models validate': [
    {
      does: 'In a pull request: exit code 1 if anything is wrong',
      line: 'models validate models/fraud.yaml',
    },
  ],
  'baseline list': [{ does: 'What windows are compared with', line: 'baseline list fraud' }],
  'baseline create': [
    {
      does: 'January as the reference from now on',
      line: 'baseline create fraud reference --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z',
    },
    {
      does: 'After a training: version 8 alone is compared with what it was trained on',
      line: 'baseline create fraud training --file /srv/training/fraud-8.parquet --for-version 8',
    },
    {
      does: 'The challenger is compared with another champion',
      line: 'baseline create fraud champion --of-version 7',
    },
  ],
  query: [
    {
      does: 'Events and mean score by country',
      line: `query fraud --body '{"select":[{"count":true},{"mean":"score"}],"by":["features.country"]}'`,
    },
    {
      does: 'A longer query from a file, as CSV',
      line: 'query fraud --json query.json --format csv',
    },
  ],
  explain: [
    { does: 'Which features drifted, in which slices', line: 'explain fraud' },
    {
      does: 'Which bins of one of them, on a day of the past',
      line: 'explain fraud --feature amount --slice country=DE --at 2026-11-20T00:00:00Z --window 1d',
    },
  ],
  ingest: [
    { does: 'Events as they would be sent over HTTP', line: 'ingest events.ndjson.gz' },
    {
      does: 'A table: say which column is what',
      line: 'ingest january.parquet --model fraud --ts time --id id --prediction predicted',
    },
    {
      does: 'Through a running service',
      line: 'ingest events.ndjson --url http://127.0.0.1:8080',
    },
  ],
  'dead-letters list': [
    { does: 'What is refused now', line: 'dead-letters list --limit 20' },
    {
      does: 'With its bytes, for a script',
      line: 'dead-letters list --model fraud --reason unknown_key --format json',
    },
  ],
  'dead-letters replay': [
    {
      does: 'After the decoding was mended',
      line: 'dead-letters replay --model fraud --from 2026-11-20T00:00:00Z',
    },
  ],
  'partitions list': [{ does: 'What is halted, and why', line: 'partitions' }],
  'partitions release': [
    {
      does: 'Go on: what is refused there becomes dead letters',
      line: 'partitions release kafka:main payments 3',
    },
  ],
  verify: [
    { does: 'While the service is stopped', line: 'verify --data ./data' },
    { does: 'Of a running service', line: 'verify --url http://127.0.0.1:8080' },
  ],
  doctor: [
    { does: 'Everything around the service, and what to do about it', line: 'doctor' },
    {
      does: 'For a script: exit code 1 if anything fails',
      line: 'doctor -c tidegauge.yaml --json',
    },
  ],
  'keys create': [
    {
      does: 'For a producer of one model, for three months',
      line: 'keys create --name checkout --scope ingest --model fraud --expires 90d',
    },
    {
      does: 'While a running service has the embedded store: lines for tidegauge.yaml',
      line: 'keys create --name ops --scope admin --config-only',
    },
  ],
  'keys list': [{ does: 'Who holds a key, and for what', line: 'keys list' }],
  'keys revoke': [{ does: 'By the id that list shows', line: 'keys revoke 3f9c2a7b1d5e' }],
  'config print': [
    { does: 'What is in force, and where each value came from', line: 'config print' },
  ],
  'config validate': [
    { does: 'Configuration and model files, before a deployment', line: 'config validate' },
    { does: 'One file', line: 'config validate models/fraud.yaml' },
  ],
  demo: [
    { does: 'Two minutes; then it serves what it has found', line: 'demo' },
    {
      does: 'A smaller one for a script: exit code 1 if anything did not happen',
      line: 'demo --quick --exit',
    },
  ],
}
