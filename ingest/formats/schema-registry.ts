import { Agent, request, type Dispatcher } from 'undici'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { Secret } from '../../core/secrets.ts'

/** A schema as a registry holds it. */
export interface RegisteredSchema {
  /** AVRO, JSON or PROTOBUF. */
  readonly type: string
  readonly text: string
  /** Schemas it refers to, each before those that refer to it. */
  readonly references: readonly { readonly name: string; readonly text: string }[]
}

export interface RegistryOptions {
  readonly url: string
  readonly username?: string
  readonly password?: Secret
  readonly token?: Secret
  readonly timeoutMs: number
  /** PEM certificates to trust instead of the usual. */
  readonly ca?: string
}

/** What is known of an id: what `compile` made of its schema, or why there is nothing. */
export type Found<Compiled> =
  { readonly ok: true; readonly schema: Compiled } | { readonly ok: false; readonly detail: string }

const maxSchemas = 1000
const maxReferences = 100
const maxAnswerBytes = 1024 * 1024
/** How long a registry that did not answer is not asked again, ms. */
const failurePauseMs = 1000
/** How long an id that is none is believed to be none, ms: another node may know it sooner than this one. */
const unknownForMs = 30_000

interface Known<Compiled> {
  readonly found: Found<Compiled>
  /** Of the monotonic clock. */
  readonly until: number
}

/**
 * Schemas of a registry with Confluent's interface, by id: asked for once and kept, the 1000 used last.
 * An id never changes its schema.
 */
export class SchemaRegistry<Compiled> {
  readonly #client: RegistryClient
  readonly #compile: (schema: RegisteredSchema) => Compiled
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #known = new Map<number, Known<Compiled>>()
  readonly #asked = new Map<number, Promise<Found<Compiled>>>()
  #failure: { readonly error: AppError; readonly until: number } | null = null

  /** `compile` throws an Error where a schema cannot be used. */
  constructor(
    options: RegistryOptions,
    clock: Pick<Clock, 'monotonic'>,
    compile: (schema: RegisteredSchema) => Compiled,
  ) {
    this.#client = new RegistryClient(options)
    this.#clock = clock
    this.#compile = compile
  }

  /**
   * The schema of an id, at once where it is known. Throws (or rejects with) SCHEMA_REGISTRY_UNAVAILABLE
   * where the registry does not answer, answers nonsense or refuses the credentials: none of that is a
   * message's fault. For a second after that it is not asked again.
   */
  find(id: number): Found<Compiled> | Promise<Found<Compiled>> {
    const known = this.#known.get(id)
    if (known !== undefined && this.#clock.monotonic() < known.until) {
      this.#known.delete(id)
      this.#known.set(id, known)
      return known.found
    }
    return this.#asked.get(id) ?? this.#ask(id)
  }

  #ask(id: number): Promise<Found<Compiled>> {
    const failure = this.#failure
    if (failure !== null && this.#clock.monotonic() < failure.until) throw failure.error
    const asked = this.#load(id).finally(() => this.#asked.delete(id))
    this.#asked.set(id, asked)
    return asked
  }

  async #load(id: number): Promise<Found<Compiled>> {
    try {
      const found = this.#compiled(await this.#client.schema(id))
      this.#failure = null
      this.#keep(id, found)
      return found
    } catch (error) {
      if (error instanceof AppError)
        this.#failure = { error, until: this.#clock.monotonic() + failurePauseMs }
      throw error
    }
  }

  #compiled(answer: RegisteredSchema | string): Found<Compiled> {
    if (typeof answer === 'string') return { ok: false, detail: answer }
    try {
      return { ok: true, schema: this.#compile(answer) }
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unreadable'
      return { ok: false, detail: `its ${answer.type.slice(0, 20)} schema cannot be used: ${why}` }
    }
  }

  #keep(id: number, found: Found<Compiled>): void {
    const until = found.ok ? Infinity : this.#clock.monotonic() + unknownForMs
    this.#known.delete(id)
    this.#known.set(id, { found, until })
    const [oldest] = this.#known.keys()
    if (this.#known.size > maxSchemas && oldest !== undefined) this.#known.delete(oldest)
  }
}

interface Answer {
  readonly text: string
  readonly type: string
  readonly references: readonly Reference[]
}

interface Reference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

class RegistryClient {
  readonly #base: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeoutMs: number
  readonly #agent: Agent

  constructor({ url, username, password, token, timeoutMs, ca }: RegistryOptions) {
    this.#base = url.replace(/\/+$/, '')
    this.#timeoutMs = timeoutMs
    const basic = Buffer.from(`${username ?? ''}:${password?.reveal() ?? ''}`).toString('base64')
    const authorization = token === undefined ? `Basic ${basic}` : `Bearer ${token.reveal()}`
    const open = username === undefined && token === undefined
    this.#headers = {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      ...(open ? {} : { authorization }),
    }
    this.#agent = new Agent({ connections: 4, connect: ca === undefined ? {} : { ca } })
  }

  /** A schema with everything it refers to, or why there is none. */
  async schema(id: number): Promise<RegisteredSchema | string> {
    const answer = await this.#get(`/schemas/ids/${id}`)
    if (typeof answer === 'string') return answer
    const references = new Map<string, { name: string; text: string }>()
    const problem = await this.#collect(answer.references, references)
    if (problem !== null) return problem
    return { type: answer.type, text: answer.text, references: [...references.values()] }
  }

  async #collect(
    references: readonly Reference[],
    into: Map<string, { name: string; text: string }>,
    path: readonly string[] = [],
  ): Promise<string | null> {
    for (const { name, subject, version } of references) {
      const key = `${subject}:${version}`
      if (into.has(key) || path.includes(key)) continue
      if (into.size + path.length >= maxReferences) return `over ${maxReferences} references`
      const at = `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`
      const answer = await this.#get(at)
      if (typeof answer === 'string') return `reference "${name.slice(0, 100)}": ${answer}`
      const problem = await this.#collect(answer.references, into, [...path, key])
      if (problem !== null) return problem
      into.set(key, { name, text: answer.text })
    }
    return null
  }

  async #get(path: string): Promise<Answer | string> {
    const signal = AbortSignal.timeout(this.#timeoutMs)
    try {
      const { statusCode, body } = await request(`${this.#base}${path}`, {
        headers: this.#headers,
        dispatcher: this.#agent,
        signal,
      })
      const text = await boundedText(body)
      return statusCode === 200 ? schemaIn(text) : absenceIn(text, statusCode)
    } catch (error) {
      throw this.#unavailable(error)
    }
  }

  #unavailable(error: unknown): AppError {
    if (error instanceof AppError) return error
    const { code, name } = error as Error & { code?: unknown }
    const reason = typeof code === 'string' ? code : name
    return new AppError(
      'SCHEMA_REGISTRY_UNAVAILABLE',
      `the schema registry ${this.#base} does not answer: ${reason}`,
      { cause: error, details: { reason } },
    )
  }
}

/** Null: there is more of it than a schema may be. The rest is not read. */
async function boundedText(body: Dispatcher.ResponseData['body']): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Leaving the loop destroys the body, and its connection with it.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxAnswerBytes) return null
  }
  return Buffer.concat(chunks).toString('utf8')
}

function schemaIn(text: string | null): Answer | string {
  if (text === null) return `its schema is over ${maxAnswerBytes} bytes`
  const answer = objectIn(text)
  const { schema, schemaType = 'AVRO', references = [] } = answer
  if (typeof schema !== 'string' || typeof schemaType !== 'string' || !Array.isArray(references)) {
    throw nonsense('an answer without a schema')
  }
  return { text: schema, type: schemaType, references: references.map(referenceIn) }
}

function referenceIn(reference: unknown): Reference {
  const { name, subject, version } = (reference ?? {}) as Record<string, unknown>
  if (typeof name !== 'string' || typeof subject !== 'string' || typeof version !== 'number') {
    throw nonsense('a reference without name, subject and version')
  }
  return { name, subject, version }
}

/** Codes of the registry itself: no such subject, version or schema. Another 404 is of another server. */
const absenceCodes: ReadonlySet<unknown> = new Set([40401, 40402, 40403])

function absenceIn(text: string | null, status: number): string {
  const code = status === 404 && text !== null ? objectIn(text)['error_code'] : undefined
  if (absenceCodes.has(code)) return 'the registry has no such schema'
  throw nonsense(`status ${status}`)
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told below: a page of a proxy is no JSON either.
  }
  throw nonsense('an answer that is no JSON object')
}

function nonsense(what: string): AppError {
  return new AppError(
    'SCHEMA_REGISTRY_UNAVAILABLE',
    `the schema registry answers with ${what}: check its URL and credentials`,
    { details: { reason: what } },
  )
}
