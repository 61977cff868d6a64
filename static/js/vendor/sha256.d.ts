interface Hash {
  update(bytes: Uint8Array): Hash;
  digest(): Uint8Array<ArrayBuffer>;
}
export const sha256: { (bytes: Uint8Array): Uint8Array<ArrayBuffer>; create(): Hash };
