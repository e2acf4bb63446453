// Reads what a WebAssembly module writes into memory when it is instantiated.

/** `[{ address, length }]` of a module's data segments, which must all be of the plain kind: active, at a constant. */
export function dataSegments(wasm) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  const expect = (byte) => {
    if (wasm[at++] !== byte) throw new Error(`byte ${at - 1} of the module is not ${byte}`);
  };
  while (at < wasm.length) {
    const id = wasm[at++];
    const size = number();
    if (id !== 11) { at += size; continue; }
    return Array.from({ length: number() }, () => {
      expect(0x00);
      expect(0x41);
      const address = number();
      expect(0x0b);
      const length = number();
      at += length;
      return { address, length };
    });
  }
  return [];
}
