declare module 'snappyjs' {
  const snappy: { readonly compress: (bytes: Buffer) => Buffer }
  export default snappy
}
