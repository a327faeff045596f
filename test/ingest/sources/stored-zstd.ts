const blockBytes = 128 * 1024

/** A Zstandard frame that stores its content as it is: what the format allows to who cannot pack. */
export function storedZstd(content: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38])]
  for (let at = 0; at < content.length || at === 0; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes)
    const last = at + blockBytes >= content.length ? 1 : 0
    const header = Buffer.alloc(3)
    header.writeUIntLE((block.length << 3) | last, 0, 3)
    parts.push(header, block)
  }
  return Buffer.concat(parts)
}
