declare module 'lz4js' {
  type Packing = [
    from: Uint8Array,
    into: Uint8Array,
    start: number,
    length: number,
    table: Uint32Array,
  ]
  const lz4: {
    readonly compressBound: (size: number) => number
    /** Answers the size of what it wrote to `into`; 0 where nothing repeats. */
    readonly compressBlock: (...packing: Packing) => number
  }
  export default lz4
}
