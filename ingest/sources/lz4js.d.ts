declare module 'lz4js' {
  const lz4: {
    readonly compressBound: (size: number) => number
    /** Answers the size of what it wrote to `into`; 0 where nothing repeats. */
    readonly compressBlock: (
      from: Uint8Array,
      into: Uint8Array,
      start: number,
      length: number,
      table: Uint32Array,
    ) => number
  }
  export default lz4
}
